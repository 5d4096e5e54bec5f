//! Whether a request comes from the client that its session is bound to, and what follows if it does not.

use crate::observer::Suspicion;
use crate::request::{Binding, IpPrefix};

/// What becomes of a request that comes from another client than the one that its session is bound to. An
/// [event](crate::EventKind::Suspicious) is raised whatever it is.
///
/// ```
#[doc = example!(builder)]
/// let keycard = builder.bind_fingerprint(Drift::StepUp).build()?;
/// # drop(keycard);
/// assert_eq!(Drift::default(), Drift::Report);
#[doc = example!(end)]
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Drift {
    /// The session goes on.
    #[default]
    Report,
    /// For this client nobody is logged in until the user has [proved](crate::Session::prove) a factor there, or
    /// [logged in](crate::Session::reauthenticate) again; that binds the session to it. Until then
    /// [guards](crate::auth::Guard) ask for a step-up, and the client whom the session is bound to goes on.
    ///
    /// # Security
    ///
    /// What the session holds can be read all the same.
    StepUp,
    /// The session is ended, and its cookie removed; the request finds nobody logged in. It is ended before the handler
    /// runs, so whatever becomes of that.
    ///
    /// # Security
    ///
    /// It ends for the client whom it is bound to as well.
    End,
}

/// What sessions are bound to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BindingRules {
    pub(crate) address: Option<(IpPrefix, Drift)>,
    pub(crate) fingerprint: Option<Drift>,
}

/// The client of a request, as the rules see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoundClient {
    pub(crate) rules: BindingRules,
    pub(crate) shows: Binding,
}

impl BoundClient {
    /// In what the client differs from the one that a session is bound to, and what follows.
    ///
    /// A session that was bound before the rules changed stays unjudged by what it was not bound to: prefixes of other
    /// lengths cannot be compared.
    pub(crate) fn drifts(&self, bound: &Binding) -> impl Iterator<Item = (Suspicion, Drift)> + use<> {
        let address = bound.address.zip(self.shows.address);
        let moved = address.is_some_and(|(bound, shown)| bound.prefix == shown.prefix && bound != shown);
        let address = self.rules.address.filter(|_| moved);
        let fingerprint = bound.fingerprint.zip(self.shows.fingerprint);
        let changed = fingerprint.is_some_and(|(bound, shown)| bound != shown);
        let fingerprint = self.rules.fingerprint.filter(|_| changed);
        [
            address.map(|(_, drift)| (Suspicion::AddressChanged, drift)),
            fingerprint.map(|drift| (Suspicion::FingerprintChanged, drift)),
        ]
        .into_iter()
        .flatten()
    }

    /// Whether this client must prove anew who they are before a session that is bound so has a user for them.
    pub(crate) fn is_mistrusted(&self, bound: &Binding) -> bool {
        self.drifts(bound).any(|(_, drift)| drift >= Drift::StepUp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{BoundAddress, Fingerprint};

    const NET: Option<IpPrefix> = Some(IpPrefix::EXACT);

    /// An address and a fingerprint, a number each; zero: not bound.
    fn binding((address, fingerprint): (u8, u8), prefix: Option<IpPrefix>) -> Binding {
        let of = |byte: u8| (byte > 0).then_some([byte; 16]);
        Binding {
            address: of(address)
                .zip(prefix)
                .map(|(digest, prefix)| BoundAddress { prefix, digest }),
            fingerprint: of(fingerprint).map(Fingerprint::from_bytes),
        }
    }

    #[test]
    fn each_signal_is_judged_by_its_own_rule() {
        use Suspicion::{AddressChanged as Address, FingerprintChanged as Print};
        /// The rules for each, what the session is bound to, what came; what is told, and whether the client is mistrusted.
        type Row = (
            (Option<Drift>, Option<Drift>),
            (u8, u8),
            (u8, u8),
            &'static [(Suspicion, Drift)],
            bool,
        );
        let both = (Some(Drift::End), Some(Drift::Report));
        let address_only = (Some(Drift::StepUp), None);
        let print_only = (None, Some(Drift::StepUp));
        let table: [Row; 13] = [
            (both, (1, 1), (1, 1), &[], false),
            (both, (1, 1), (2, 1), &[(Address, Drift::End)], true),
            (both, (1, 1), (1, 2), &[(Print, Drift::Report)], false),
            (
                both,
                (1, 1),
                (2, 2),
                &[(Address, Drift::End), (Print, Drift::Report)],
                true,
            ),
            (both, (0, 0), (1, 1), &[], false),
            (both, (0, 1), (1, 2), &[(Print, Drift::Report)], false),
            (address_only, (1, 1), (1, 2), &[], false),
            (address_only, (1, 1), (2, 2), &[(Address, Drift::StepUp)], true),
            (address_only, (0, 1), (2, 2), &[], false),
            (print_only, (1, 1), (2, 1), &[], false),
            (print_only, (1, 1), (2, 2), &[(Print, Drift::StepUp)], true),
            ((None, None), (1, 1), (2, 2), &[], false),
            ((None, None), (1, 1), (1, 1), &[], false),
        ];
        for ((address, fingerprint), bound, shown, told, mistrusted) in table {
            let client = BoundClient {
                rules: BindingRules {
                    address: NET.zip(address),
                    fingerprint,
                },
                shows: binding(shown, NET),
            };
            let bound = binding(bound, NET);
            let name = format!("{client:?} {bound:?}");
            assert_eq!(client.drifts(&bound).collect::<Vec<_>>(), told, "{name}");
            assert_eq!(client.is_mistrusted(&bound), mistrusted, "{name}");
        }
    }

    #[test]
    fn a_session_that_was_bound_by_another_prefix_is_not_judged_by_this_one() {
        let client = BoundClient {
            rules: BindingRules {
                address: NET.zip(Some(Drift::End)),
                fingerprint: None,
            },
            shows: binding((2, 0), NET),
        };
        let before = binding((1, 0), IpPrefix::new(24, 64).ok());
        assert_eq!(client.drifts(&before).count(), 0);
        assert_eq!(client.drifts(&binding((1, 0), NET)).count(), 1);
    }
}
