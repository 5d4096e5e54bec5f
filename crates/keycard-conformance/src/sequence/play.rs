//! A sequence of commands is played on a store and on the model, which must answer alike.

use keycard::store::{
    Created, Ended, Entry, Figures, Loaded, Noted, Replaced, Revoked, Store, Touched, Updated,
};
use keycard::{StoreError, StoreKey};
use proptest::strategy::BoxedStrategy;

use super::Play;
use super::command::{Command, commands};
use super::index::IndexVerb;
use super::model::Model;
use super::scene::{Call, Scene};
use crate::testing::ScriptedStore;

/// What a store answered, or the model.
#[derive(Debug, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    missing_docs,
    reason = "public only as a part of a hidden trait"
)]
pub enum Answer {
    Loaded(Vec<Loaded>),
    Created(Created),
    Updated(Updated),
    Touched(Touched),
    Replaced(Replaced),
    Ended(Ended),
    /// In the order of the keys.
    Listed {
        entries: Vec<Entry>,
        count: usize,
    },
    /// In the order of the keys.
    AllEnded(Vec<StoreKey>),
    /// Likewise.
    Revoked(Revoked),
    Counted(Figures),
    Remembered(Vec<Noted>),
}

/// The answers of those verbs that may name displaced sessions, in the order of the keys.
macro_rules! sorted {
    ($($answer:ident: $outcome:ident -> $variant:ident;)*) => {
        impl Answer {
            $(fn $answer(outcome: $outcome) -> Self {
                Self::$variant(match outcome {
                    $outcome::Displaced(mut keys) => {
                        keys.sort_unstable();
                        $outcome::Displaced(keys)
                    }
                    other => other,
                })
            })*
        }
    };
}

sorted! {
    created: Created -> Created;
    updated: Updated -> Updated;
    replaced: Replaced -> Replaced;
}

impl<S: Store, I: IndexVerb<S>> Play<S> for Command<I> {
    const TYPE: &str = I::TYPE;
    const OF: u32 = I::OF;

    fn sequences() -> BoxedStrategy<Vec<Self>> {
        commands(I::drawn)
    }

    async fn play(store: &ScriptedStore<S>, case: u64, sequence: &[Self]) -> Result<(), String> {
        let mut scene = Scene::new(case);
        let prepared = I::prepare(store, &mut scene).await;
        prepared.map_err(|error| format!("the store fails: {error}"))?;
        let mut is_lost = false;
        let at_the_end = I::last().into_iter().map(Self::Index);
        for command in sequence.iter().cloned().chain([Self::LoadAll]).chain(at_the_end) {
            if let Some(call) = scene.call(&command) {
                let compared = compare(store, &mut scene, &call, is_lost).await;
                compared.map_err(|wrong| format!("{command:?}: {wrong}"))?;
                is_lost = false;
            } else {
                is_lost |= matches!(command, Self::LoseAnswer);
            }
        }
        Ok(())
    }
}

/// Makes a call; first once more if its answer is lost.
async fn compare<S: Store, I: IndexVerb<S>>(
    store: &ScriptedStore<S>,
    scene: &mut Scene,
    call: &Call<I>,
    is_lost: bool,
) -> Result<(), String> {
    if is_lost {
        store.lose_answer(call.verb(I::verb));
        expect(scene, call);
        if ask(store, scene, call).await.is_ok() {
            return Err("the answer was not lost".to_owned());
        }
    }
    let expected = expect(scene, call);
    match ask(store, scene, call).await {
        Ok(answer) if answer == expected => Ok(()),
        Ok(answer) => Err(format!(
            "the store answers {answer:?}, and the contract says {expected:?}"
        )),
        Err(error) => Err(format!("the store fails: {error}")),
    }
}

fn expect<S, I: IndexVerb<S>>(scene: &mut Scene, call: &Call<I>) -> Answer {
    let (model, now) = (&mut scene.model, scene.now);
    match call {
        Call::Load(key) => Answer::Loaded(vec![model.load(*key, now)]),
        Call::LoadMany(keys) => Answer::Loaded(keys.iter().map(|key| model.load(*key, now)).collect()),
        Call::Create(create) => Answer::created(model.create(create)),
        Call::Update(update) => Answer::updated(model.update(update)),
        Call::Touch(touch) => Answer::Touched(model.touch(touch)),
        Call::Replace(replace) => Answer::replaced(model.replace(replace)),
        Call::End(end) => Answer::Ended(model.end(end)),
        Call::Index(verb) => verb.expect(scene),
    }
}

async fn ask<S: Store, I: IndexVerb<S>>(
    store: &ScriptedStore<S>,
    scene: &Scene,
    call: &Call<I>,
) -> Result<Answer, StoreError> {
    Ok(match call {
        Call::Load(key) => loaded(&scene.model, &[*key], vec![store.load(*key, scene.now).await?]),
        Call::LoadMany(keys) => loaded(&scene.model, keys, store.load_many(keys, scene.now).await?),
        Call::Create(create) => Answer::created(store.create(create.clone()).await?),
        Call::Update(update) => Answer::updated(store.update(update.clone()).await?),
        Call::Touch(touch) => Answer::Touched(store.touch(*touch).await?),
        Call::Replace(replace) => Answer::replaced(store.replace(replace.clone()).await?),
        Call::End(end) => Answer::Ended(store.end(end.clone()).await?),
        Call::Index(verb) => verb.ask(store, scene).await?,
    })
}

fn loaded(model: &Model, keys: &[StoreKey], found: Vec<Loaded>) -> Answer {
    let found = keys.iter().zip(found);
    Answer::Loaded(found.map(|(key, found)| model.as_good_as(*key, found)).collect())
}
