//! How a client asks, and what it learns from the answers.

use std::time::Instant;

use http::Method;
use keycard_tests::browser::{Request, Response, Snapshot};
use serde_json::Value;

use super::{Answer, Client, TRACED};
use crate::harness::log::{Answered, Lost};
use crate::harness::model::{Model, Seen};

impl Client {
    pub(super) fn wrote(&mut self, text: &str, asked: Instant, answer: &Answer) {
        self.note(&format!("write {text}"), answer);
        match (answer, &mut self.session) {
            (Answer::Mine(_), Some(model)) => model.wrote(text, asked),
            (Answer::Failed, Some(model)) => model.may_have_written(text),
            (Answer::Nobodys, _) => self.gone(),
            (_, None) => {}
        }
    }

    pub(super) fn counted(&mut self, asked: Instant, answer: &Answer) {
        self.note("count", answer);
        match (answer, &mut self.session) {
            (Answer::Mine(values), Some(_)) => {
                let count = values[1].as_u64().unwrap_or_default();
                self.judge(|model| model.counted(count, asked));
            }
            (Answer::Failed, Some(model)) => model.may_have_counted(),
            (Answer::Nobodys, _) => self.gone(),
            (_, None) => {}
        }
    }

    pub(super) fn judge(&mut self, see: impl FnOnce(&mut Model) -> Seen) {
        let Some(model) = &mut self.session else { return };
        match see(model) {
            Seen::AsWritten => {}
            Seen::Older(asked) => self.log.lost(Lost::Write, asked),
            Seen::Foreign => self.wrong("what nobody has written"),
        }
    }

    /// Asks an application to do something; the user's name is the answer to the step of this number.
    pub(super) async fn act(
        &self,
        server: usize,
        cookies: &Snapshot,
        steps: Value,
        who: usize,
    ) -> (Answer, Response) {
        let server = self.shop.server(server);
        let request = cookies.request(Method::POST, &*server, "/act").json(steps);
        self.ask(request, |response| self.read_values(response, who))
            .await
    }

    /// Asks, and notes how long it took. A failure is told by its status, or by what is read.
    pub(super) async fn ask(
        &self,
        request: Request<'_>,
        read: impl FnOnce(&Response) -> Answer,
    ) -> (Answer, Response) {
        let asked = Instant::now();
        let sent = request.try_send().await;
        let took = asked.elapsed();
        let response = sent.unwrap_or_else(|error| self.wrong(&error.to_string()));
        let answer = match response.status.as_u16() {
            200 | 401 => read(&response),
            503 if response.set_cookies().is_empty() => Answer::Failed,
            _ => self.wrong(&format!("{response}: {} {:?}", response.text(), response.headers)),
        };
        self.log.answered(Answered {
            client: self.number,
            asked,
            took,
            is_failure: matches!(answer, Answer::Failed),
        });
        (answer, response)
    }

    fn read_values(&self, response: &Response, who: usize) -> Answer {
        let Value::Array(values) = response.json() else {
            self.wrong(&response.text())
        };
        match values.iter().find_map(|value| value["error"].as_str()) {
            None if values[who] == self.user => Answer::Mine(values),
            None if values[who].is_null() => Answer::Nobodys,
            Some("Store" | "Contended") => Answer::Failed,
            Some("Ended" | "Unauthenticated") => Answer::Nobodys,
            _ => self.wrong(&response.text()),
        }
    }

    pub(super) fn note(&mut self, what: &str, answer: &Answer) {
        let answer = match answer {
            Answer::Mine(values) => Value::from(values.clone()).to_string(),
            Answer::Nobodys => "nobody's".to_owned(),
            Answer::Failed => "failed".to_owned(),
        };
        self.hesitates = answer == "failed";
        if self.trace.len() == TRACED {
            self.trace.pop_front();
        }
        self.trace.push_back(format!("{what}: {answer}"));
    }

    #[track_caller]
    pub(super) fn wrong(&self, what: &str) -> ! {
        panic!(
            "client {} of {}: {what}\nbefore: {:#?}",
            self.number, self.user, self.trace
        )
    }
}
