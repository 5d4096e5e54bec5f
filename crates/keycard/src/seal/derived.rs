//! Keys for what an application signs beside its sessions.

use hmac::Mac as _;

use super::KeyRing;

impl KeyRing {
    /// Keys for a purpose of the application's own, one for each key of the ring and in its order: 32 bytes each, HKDF subkeys
    /// that tell nothing of one another. So what an application signs beside its sessions is rotated together with them.
    ///
    /// ```
    /// use keycard::KeyRing;
    ///
    /// let ring = KeyRing::new([[2; 32], [1; 32]])?;
    /// let (links, invoices) = (ring.derive("links"), ring.derive("invoices"));
    /// assert_eq!((links.len(), links[0].len()), (2, 32));
    /// assert!(links[0] != links[1] && links[0] != invoices[0]);
    /// # Ok::<(), keycard::ConfigError>(())
    /// ```
    ///
    /// # Security
    ///
    /// These are secrets: print none, and store none.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Vec<[u8; 32]> {
        let macs = self.subkeys("derived").into_iter();
        macs.map(|mac| mac.chain_update(purpose).finalize().into_bytes().into())
            .collect()
    }
}
