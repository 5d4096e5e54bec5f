//! TLS to the servers, by rustls: whom we trust, and who we are.

use std::fmt;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::config::RedisConfigError;

/// Whom a [`RedisStore`](crate::RedisStore) trusts over TLS, and who it is. By default it trusts the authorities that the
/// system does, and has no certificate of its own.
///
/// ```no_run
/// use keycard_redis::{RedisStore, RedisTls};
///
/// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = RedisTls::new()
///     .trusting_only(std::fs::read("/etc/redis/ca.pem")?)?
///     .certificate(std::fs::read("/etc/shop/client.pem")?, std::fs::read("/etc/shop/client.key")?)?;
/// let store = RedisStore::builder("rediss://redis.internal")?.tls(tls).connect().await?;
/// # Ok(())
/// # }
/// ```
///
/// # Security
///
/// The server's certificate must name the host of the URL; of a cluster, the host or address by which each node is
/// announced. There is no setting that leaves this out. TLS 1.2 and 1.3 are spoken.
#[derive(Clone, Default)]
#[must_use = "it is used by `RedisStoreBuilder::tls`"]
pub struct RedisTls {
    /// `None` for what the system trusts.
    trusted: Option<RootCertStore>,
    identity: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
}

impl RedisTls {
    /// What the system trusts, and no certificate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts the certificate authorities of a PEM text, and no others.
    ///
    /// # Errors
    ///
    /// When the text holds no certificate, or one that cannot be read.
    pub fn trusting_only(mut self, authorities: impl AsRef<[u8]>) -> Result<Self, RedisConfigError> {
        let mut trusted = RootCertStore::empty();
        for authority in certificates(authorities.as_ref())? {
            trusted.add(authority).map_err(|error| {
                RedisConfigError::caused("a certificate authority cannot be trusted", error)
            })?;
        }
        self.trusted = Some(trusted);
        Ok(self)
    }

    /// Shows a certificate to a server that asks for one: a PEM text of the certificate and those between it and the
    /// authority, and a PEM text of its private key.
    ///
    /// # Errors
    ///
    /// When a text holds none, or one that cannot be read. Whether the two belong together is seen when the store
    /// connects.
    pub fn certificate(
        mut self,
        certificates_pem: impl AsRef<[u8]>,
        key: impl AsRef<[u8]>,
    ) -> Result<Self, RedisConfigError> {
        let chain = certificates(certificates_pem.as_ref())?;
        let key = PrivateKeyDer::from_pem_slice(key.as_ref())
            .map_err(|error| unreadable("the private key of the client's certificate", error))?;
        self.identity = Some((chain, Arc::new(key)));
        Ok(self)
    }

    pub(crate) fn connector(self) -> Result<Tls, RedisConfigError> {
        let trusted = match self.trusted {
            Some(trusted) => trusted,
            None => of_system()?,
        };
        let unusable = |error| RedisConfigError::caused("TLS cannot be used", error);
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(unusable)?
            .with_root_certificates(trusted);
        let config = match self.identity {
            Some((chain, key)) => config
                .with_client_auth_cert(chain, key.clone_key())
                .map_err(|error| {
                    RedisConfigError::caused(
                        "the client's certificate and its private key cannot be used",
                        error,
                    )
                })?,
            None => config.with_no_client_auth(),
        };
        Ok(Tls(TlsConnector::from(Arc::new(config))))
    }
}

impl fmt::Debug for RedisTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisTls")
            .field("trusted", &self.trusted.as_ref().map(RootCertStore::len))
            .field("has_certificate", &self.identity.is_some())
            .finish()
    }
}

fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, RedisConfigError> {
    let unreadable = |error| unreadable("a certificate", error);
    let found: Vec<_> = CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(unreadable)?;
    if found.is_empty() {
        return Err(unreadable(pem::Error::NoItemsFound));
    }
    Ok(found)
}

fn unreadable(what: &str, error: pem::Error) -> RedisConfigError {
    RedisConfigError::caused(&format!("{what} cannot be read as PEM"), error)
}

/// Certificates of the system that cannot be read are left out, as long as there are others.
fn of_system() -> Result<RootCertStore, RedisConfigError> {
    let mut trusted = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    trusted.add_parsable_certificates(found.certs);
    if trusted.is_empty() {
        return Err(RedisConfigError::new(
            "the system names no certificate authority to trust; name one with `RedisTls::trusting_only`",
        ));
    }
    Ok(trusted)
}

/// How connections become secret. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    pub(crate) async fn open<S>(&self, host: &str, stream: S) -> std::io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        self.0.connect(name, stream).await
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
