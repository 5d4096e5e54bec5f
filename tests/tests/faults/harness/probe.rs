//! A client beside the traffic, for what one kind of request is answered at one time.

use std::sync::Arc;

use keycard_tests::browser::{Browser, Response};
use serde_json::{Value, json};

use super::shop::Shop;

/// A client that is logged in, and asks both applications.
pub(crate) struct Probe {
    shop: Arc<Shop>,
    browser: Browser,
}

impl Probe {
    /// Logs in at the application of this number.
    pub(crate) async fn logged_in(shop: Arc<Shop>, number: usize) -> Self {
        let mut browser = Browser::new();
        let steps = json!([{"do": "login", "user": "probe"}]);
        browser.act(&*shop.server(number), steps).await.expect_status(200);
        Self { shop, browser }
    }

    pub(crate) async fn is_in(&self) {
        self.sees(json!(["probe"])).await;
    }

    pub(crate) async fn is_out(&self) {
        self.sees(json!([null])).await;
    }

    async fn sees(&self, user: Value) {
        for number in [0, 1] {
            let answer = self.act(number, json!([{"do": "user"}])).await;
            assert_eq!(answer.expect_status(200).json(), user);
        }
    }

    pub(crate) async fn writes(&self, status: u16) {
        for number in [0, 1] {
            let write = json!([{"do": "insert", "key": "n", "value": 1}]);
            self.act(number, write).await.expect_status(status);
        }
    }

    pub(crate) async fn logs_out(&self, status: u16) {
        let answer = self.act(1, json!([{"do": "logout"}])).await;
        answer.expect_status(status);
    }

    async fn act(&self, number: usize, steps: Value) -> Response {
        self.browser
            .snapshot()
            .act(&*self.shop.server(number), steps)
            .await
    }
}
