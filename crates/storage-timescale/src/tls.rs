//! TLS: the checks of the server's certificate, and the client's own.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_cert_signed_by_trust_anchor,
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem, pem::PemObject},
    server::ParsedCertificate,
};
use strikebook_core::{Error, Result};
use strikebook_storage_sql::{Options, decoded};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The protocol's name, which servers from version 17 on ask for when TLS starts without a request.
const PROTOCOL: &[u8] = b"postgresql";

/// The TLS settings of a URL.
pub(crate) struct TlsSettings {
    check: Check,
    encrypt: SslMode,
    authorities: Authorities,
    /// The files of the client's certificate and of its key.
    identity: Option<(String, String)>,
}

/// The check of a server's certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Check {
    /// Whoever can answer in the server's place can also answer that there is no TLS, so a check would only turn away
    /// honest servers that signed their certificate themselves.
    Nothing,
    /// An authority signed it.
    Authority,
    /// An authority signed it for the host of the URL.
    Name,
}

/// The authorities that are trusted to sign.
enum Authorities {
    System,
    File(String),
}

impl TlsSettings {
    pub(crate) fn take(options: &mut Options) -> Result<Self> {
        const MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];
        let mode = options.take_with("sslmode", "disable, prefer, require, verify-ca or verify-full", |mode| {
            MODES.into_iter().find(|known| *known == mode)
        })?;
        let mut path = |key| options.take_with(key, "a path, percent-encoded", decoded);
        let (root, certificate, key) = (path("sslrootcert")?, path("sslcert")?, path("sslkey")?);
        let authorities = match root {
            Some(root) if root != "system" => Some(Authorities::File(root)),
            Some(_) => Some(Authorities::System),
            None => None,
        };
        let identity = match (certificate, key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (Some(_), None) => return Err(needs("sslcert", "sslkey=PATH beside it")),
            (None, Some(_)) => return Err(needs("sslkey", "sslcert=PATH beside it")),
        };
        let (encrypt, check) = match (mode.unwrap_or("prefer"), &authorities) {
            ("disable", Some(_)) => return Err(needs("sslrootcert", "an sslmode other than disable")),
            ("disable", None) if identity.is_some() => return Err(needs("sslcert", "an sslmode other than disable")),
            ("disable", None) => (SslMode::Disable, Check::Nothing),
            ("prefer", None) => (SslMode::Prefer, Check::Nothing),
            ("verify-ca", Some(Authorities::File(_))) => (SslMode::Require, Check::Authority),
            // Anybody can have a certificate that one of the system's authorities signed.
            ("verify-ca", _) => return Err(needs("sslmode=verify-ca", "sslrootcert=PATH, or sslmode=verify-full")),
            // An authority is given to be checked, which a connection without TLS would evade.
            _ => (SslMode::Require, Check::Name),
        };
        Ok(Self { check, encrypt, authorities: authorities.unwrap_or(Authorities::System), identity })
    }

    /// Returns the mode of encryption: none, where the server offers it, or always.
    pub(crate) fn encrypt(&self) -> SslMode {
        self.encrypt
    }

    /// Reads the files, and makes what speaks TLS with the server.
    pub(crate) fn connector(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::invalid_config("TLS cannot be set up").caused_by(error))?;
        let config = match self.check {
            Check::Name => config.with_root_certificates(self.authorities.read()?),
            Check::Authority | Check::Nothing => {
                let authorities = match self.check {
                    Check::Authority => Some(self.authorities.read()?),
                    _ => None,
                };
                config.dangerous().with_custom_certificate_verifier(Arc::new(AnyName { authorities, provider }))
            }
        };
        let mut config = match &self.identity {
            None => config.with_no_client_auth(),
            Some((certificate, key)) => config
                .with_client_auth_cert(read_certificates("sslcert", certificate)?, read_key(key)?)
                .map_err(|error| {
                    Error::invalid_config("the client's certificate and key do not fit")
                        .with("sslcert", certificate)
                        .with("sslkey", key)
                        .caused_by(error)
                })?,
        };
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(MakeRustlsConnect::new(config))
    }
}

/// An option that makes no sense without another.
fn needs(option: &'static str, expected: &'static str) -> Error {
    Error::invalid_config("an option needs another").with("option", option).with("expected", expected)
}

impl Authorities {
    fn read(&self) -> Result<RootCertStore> {
        let mut authorities = RootCertStore::empty();
        match self {
            Self::System => {
                let found = rustls_native_certs::load_native_certs();
                for error in found.errors {
                    tracing::warn!(%error, "a certificate authority of the system cannot be read");
                }
                authorities.add_parsable_certificates(found.certs);
                if authorities.is_empty() {
                    return Err(Error::invalid_config("the system has no certificate authority")
                        .with("expected", "certificates installed on the system, or sslrootcert=PATH"));
                }
            }
            Self::File(path) => {
                for certificate in read_certificates("sslrootcert", path)? {
                    authorities.add(certificate).map_err(|error| {
                        Error::invalid_config("a certificate authority is not valid")
                            .with("sslrootcert", path)
                            .caused_by(error)
                    })?;
                }
            }
        }
        Ok(authorities)
    }
}

/// The certificates of a PEM file, at least one.
fn read_certificates(option: &'static str, path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let unreadable = |error: pem::Error| {
        Error::invalid_config("a certificate file cannot be read").with(option, path).caused_by(error)
    };
    let certificates: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)?;
    if certificates.is_empty() {
        return Err(Error::invalid_config("a certificate file holds no certificate")
            .with(option, path)
            .with("expected", "certificates in PEM"));
    }
    Ok(certificates)
}

/// The key of a PEM file that nobody else can read.
fn read_key(path: &str) -> Result<PrivateKeyDer<'static>> {
    let refused = |message| Error::invalid_config(message).with("sslkey", path);
    let metadata = fs::metadata(path).map_err(|error| refused("the key file cannot be read").caused_by(error))?;
    if !metadata.is_file() {
        return Err(refused("the key file is no file"));
    }
    if is_readable_by_others(&metadata) {
        return Err(
            refused("others may read or change the key file").with("expected", "mode 0600, or 0640 if root owns it")
        );
    }
    match PrivateKeyDer::from_pem_file(Path::new(path)) {
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => Err(refused("the key file holds no key that can be read")
            .with("expected", "a PKCS#8, PKCS#1 or SEC1 key in PEM, not encrypted")),
        Err(pem::Error::Io(error)) => Err(refused("the key file cannot be read").caused_by(error)),
        // The reason may quote the file.
        Err(_) => Err(refused("the key file is no valid PEM")),
    }
}

#[cfg(unix)]
fn is_readable_by_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    // A key that root owns is for the services of a group.
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    metadata.mode() & forbidden != 0
}

#[cfg(not(unix))]
fn is_readable_by_others(_: &fs::Metadata) -> bool {
    false
}

/// Checks at most who signed a certificate, not whose it is.
#[derive(Debug)]
struct AnyName {
    authorities: Option<RootCertStore>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(authorities) = &self.authorities {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, authorities, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
