//! "Log out everywhere else" by many clients of one user at once.

use futures_util::future::join_all;
use keycard_tests::world::{World, alice};

const ROUNDS: usize = 5;
const CLIENTS: usize = 6;

worlds! { of_clients_that_end_each_other_at_once_one_stays }

async fn of_clients_that_end_each_other_at_once_one_stays(world: World) {
    let servers = [world.server().await, world.other_server().await];
    for _ in 0..ROUNDS {
        let mut clients = Vec::new();
        for server in servers.iter().cycle().take(CLIENTS) {
            let mut client = world.browser();
            let login = client.post_json(server, "/login", alice()).await;
            login.expect_status(200);
            clients.push(client);
        }
        let calls = clients.iter().zip(servers.iter().cycle());
        let calls = calls.map(|(client, server)| {
            let held = client.snapshot();
            async move { held.delete(server, "/sessions/others").await }
        });
        let answers = join_all(calls).await;
        let mut stay = 0;
        for (mut client, answer) in clients.into_iter().zip(answers) {
            assert!(answer.set_cookies().is_empty(), "{answer}");
            let status = answer.status.as_u16();
            // Who came late was nobody any more; who was there has ended meanwhile.
            assert!([200, 401, 409].contains(&status), "{answer}");
            let lives = client.get(&servers[0], "/me").await.status == 200;
            assert_eq!(lives, status == 200, "{answer}");
            stay += usize::from(lives);
        }
        assert_eq!(stay, 1, "of {CLIENTS}");
    }
}
