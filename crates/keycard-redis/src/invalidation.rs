//! What a server tells of changed keys, translated into news of sessions.

use std::sync::{Arc, Weak};

use keycard::store::{News, Watcher};
use redis::{PushKind, Value};
use tokio::sync::Notify;

use crate::keys::Keys;

/// Passes on what is told on one connection: at once, so that nothing that follows overtakes it.
pub(crate) struct Teller {
    pub(crate) watcher: Weak<dyn Watcher>,
    pub(crate) keys: Keys,
    /// A key that is no session's, and who waits until it is told of.
    pub(crate) probe: (String, Arc<Notify>),
}

impl Teller {
    pub(crate) fn pass_on(&self, push: &Value) {
        let Value::Push {
            kind: PushKind::Invalidate,
            data,
        } = push
        else {
            return;
        };
        let Some(watcher) = self.watcher.upgrade() else {
            return;
        };
        match data.as_slice() {
            [Value::Array(names)] => names.iter().for_each(|name| self.name(&*watcher, name)),
            // Nothing is named when all keys are gone.
            _ => watcher.told(News::Flush),
        }
    }

    fn name(&self, watcher: &dyn Watcher, name: &Value) {
        let Value::BulkString(name) = name else {
            return watcher.told(News::Flush);
        };
        let (probe, seen) = &self.probe;
        if let Some(key) = self.keys.session_of(name) {
            watcher.told(News::Changed(key));
        } else if name == probe.as_bytes() {
            seen.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use keycard::{StoreKey, UserKey};

    use super::*;
    use crate::places::Places;

    #[derive(Debug, Default)]
    struct Diary(Mutex<Vec<News>>);

    impl Watcher for Diary {
        fn told(&self, news: News) {
            self.0.lock().unwrap().push(news);
        }
    }

    fn named(names: &[String]) -> Vec<Value> {
        let names = names.iter().map(|name| Value::BulkString(name.clone().into()));
        vec![Value::Array(names.collect())]
    }

    #[test]
    fn each_push_becomes_news_of_sessions_alone() {
        let keys = Keys::new("shop:".to_owned(), Places::Few);
        let session = StoreKey::from_bytes([7; 20]);
        let name = keys.session(session);
        let user = UserKey::from_bytes([7; 16]);
        let others = [
            keys.index(user),
            keys.history(user),
            keys.probe(None, 8),
            format!("{name}_"),
            name[..name.len() - 1].to_owned(),
            name.replace("shop", "cafe"),
            name.replace("}s:", "}u:"),
        ];
        let changed = News::Changed(session);
        for (kind, data, news) in [
            (
                PushKind::Invalidate,
                named(&[name.clone(), name.clone()]),
                &[changed; 2][..],
            ),
            (PushKind::Invalidate, named(&others), &[]),
            (PushKind::Invalidate, vec![Value::Nil], &[News::Flush]),
            (
                PushKind::Invalidate,
                vec![Value::Array(vec![Value::Nil])],
                &[News::Flush],
            ),
            (PushKind::Message, named(&[name]), &[]),
        ] {
            let diary = Arc::new(Diary::default());
            let watcher: Arc<dyn Watcher> = diary.clone();
            let teller = Teller {
                watcher: Arc::downgrade(&watcher),
                keys: keys.clone(),
                probe: (keys.probe(None, 7), Arc::default()),
            };
            teller.pass_on(&Value::Push { kind, data });
            assert_eq!(*diary.0.lock().unwrap(), news);
        }
    }
}
