//! Whether a session was opened by the client that it is bound to.

use super::Engine;
use crate::arrival::Base;
use crate::closing::Outgoing;
use crate::error::Error;
use crate::observer::{Event, EventKind};
use crate::policy::{BoundClient, Drift};
use crate::record::Deed;
use crate::request::{Binding, RequestFacts};
use crate::store::{End, EndReason, Ended};

impl Engine {
    pub(crate) fn bound_client(&self, facts: &RequestFacts) -> BoundClient {
        let rules = self.rules.binding;
        let shows = Binding::of(facts, rules, &self.index_key);
        BoundClient { rules, shows }
    }

    /// Tells of a client to which the session is not bound, and ends the session where the rules say so.
    pub(crate) async fn recognise(
        &self,
        base: Base,
        client: &BoundClient,
        facts: &RequestFacts,
    ) -> Result<(Base, Option<Outgoing>), Error> {
        let Some(live) = base.live() else {
            return Ok((base, None));
        };
        let Some(known) = &live.record.authentication else {
            return Ok((base, None));
        };
        let mut drifts = client.drifts(&known.binding).peekable();
        if drifts.peek().is_none() {
            return Ok((base, None));
        }
        let now = self.clock.now();
        let tell = |kind| {
            self.events.tell(&Event {
                kind,
                at: now,
                session: Some(live.key),
                user: Some(known.user.clone()),
            });
        };
        let mut worst = Drift::Report;
        for (suspicion, drift) in drifts {
            tell(EventKind::Suspicious(suspicion));
            worst = worst.max(drift);
        }
        if worst < Drift::End {
            return Ok((base, None));
        }
        if let Some(error) = base.unread() {
            return Err(error.clone());
        }
        let kind = EventKind::Ended(EndReason::Drifted);
        let note = self.note(&known.user, || Deed {
            kind,
            session: Some(live.key),
            from: self
                .client_of(facts)
                .metadata(live.record.metadata.device.clone()),
        });
        let end = End::new(live.key, self.owner(&live.record, false), now)
            .because(EndReason::Drifted)
            .noting(note);
        Ok(match self.store.end(end).await? {
            Ended::Applied => {
                tell(kind);
                (Base::None, Some(Outgoing::Remove))
            }
            // Whoever ended it has removed the cookie, and a login may have set it anew since.
            Ended::Absent => (Base::Ended(live.key), None),
        })
    }
}
