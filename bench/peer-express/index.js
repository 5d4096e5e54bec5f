// express-session with connect-redis: reads extend the session in Redis, as is the default (`touch`).

import express from "express";
import session from "express-session";
import { RedisStore } from "connect-redis";
import { createClient } from "redis";

const { PORT = "3000", REDIS_URL, COOKIE_NAME = "sid", SESSION_TTL = "1800" } = process.env;
if (!REDIS_URL) throw new Error("REDIS_URL is not set");

// `redis+unix:///path` is how the other applications name a socket.
const unix = /^(?:redis\+)?unix:\/\/(\/.*)$/.exec(REDIS_URL);
const client = createClient(unix ? { socket: { path: unix[1] } } : { url: REDIS_URL });
await client.connect();

const app = express();
app.disable("x-powered-by").disable("etag");
app.use(
  session({
    store: new RedisStore({ client, ttl: Number(SESSION_TTL) }),
    name: COOKIE_NAME,
    secret: "thirty-two bytes, for benchmarks",
    resave: false,
    saveUninitialized: false,
  }),
);

const done = { ok: true };
app.get("/plain", (_, answer) => answer.json(done));
app.get("/read", (request, answer) => answer.json({ user_id: request.session.user_id ?? null }));
app.get("/get", (request, answer) => answer.json({ value: request.session[request.query.key] ?? null }));
app.post("/write", (request, answer) => {
  request.session.n = (request.session.n ?? 0) + 1;
  answer.json({ n: request.session.n });
});
app.post("/login", (request, answer, next) => {
  const user = Number(request.query.user_id ?? Math.floor(Math.random() * 2 ** 32));
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user_id = user;
    answer.json(done);
  });
});
app.post("/logout", (request, answer, next) =>
  request.session.destroy((error) => (error ? next(error) : answer.json(done))),
);
app.post("/slow-set", (request, answer) =>
  setTimeout(() => {
    request.session[request.query.key] = 1;
    answer.json(done);
  }, Number(request.query.ms ?? 100)),
);

const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
process.on("SIGTERM", () => server.close(() => client.close()));
