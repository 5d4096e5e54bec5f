//! Several requests that leave or take messages.

use std::collections::BTreeSet;

use keycard_tests::race::Round;
use serde_json::{Value, json};

use crate::insert;

races! {
    messages_that_are_left_at_once_are_all_there
    of_those_who_take_at_once_one_gets_them
}

const TEXTS: [&str; 4] = ["a", "b", "c", "d"];

fn flash(text: &str) -> Value {
    json!({"do": "flash", "level": "info", "text": text})
}

fn take() -> Value {
    json!({"do": "take_flashes"})
}

async fn messages_that_are_left_at_once_are_all_there(round: Round) {
    let browser = round.browser(insert("n")).await;
    let given = round.crowd(&browser, TEXTS.map(flash)).await;
    assert_eq!(given, vec![Value::Null; TEXTS.len()]);
    let taken = round.crowd(&browser, [take()]).await;
    let texts = taken[0].as_array().unwrap().iter();
    let texts: BTreeSet<&str> = texts.map(|flash| flash[1].as_str().unwrap()).collect();
    assert_eq!(texts, BTreeSet::from(TEXTS));
}

async fn of_those_who_take_at_once_one_gets_them(round: Round) {
    let browser = round.browser(flash("a")).await;
    let mut taken = round.crowd(&browser, vec![take(); 4]).await;
    taken.sort_by_key(|flashes| flashes.as_array().unwrap().len());
    let [rest @ .., won] = &taken[..] else {
        panic!("four have tried")
    };
    assert_eq!(won, &json!([["info", "a"]]));
    assert_eq!(rest, vec![json!([]); 3]);
}
