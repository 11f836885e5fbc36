//! TLS.

use std::sync::Arc;

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use strikebook_core::{Error, Result};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What speaks TLS with the server. `require` checks its certificate against the authorities in the file `root`, or else
/// against those of the system. The others check nothing: whoever can answer in the server's place can also answer that
/// there is no TLS, so that a check would only turn away honest servers that signed their certificate themselves.
pub(crate) fn connector(mode: SslMode, root: Option<&str>) -> Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::invalid_config("TLS cannot be set up").caused_by(error))?;
    let config = match mode {
        SslMode::Require => config.with_root_certificates(authorities(root)?),
        _ => config.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider))),
    };
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

fn authorities(root: Option<&str>) -> Result<RootCertStore> {
    let mut authorities = RootCertStore::empty();
    match root {
        None => {
            let found = rustls_native_certs::load_native_certs();
            for error in found.errors {
                tracing::warn!(%error, "a certificate authority of the system cannot be read");
            }
            authorities.add_parsable_certificates(found.certs);
        }
        Some(path) => {
            let unreadable = |error| {
                Error::invalid_config("the file of certificate authorities cannot be read")
                    .with("sslrootcert", path)
                    .caused_by(error)
            };
            for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
                authorities.add(certificate.map_err(unreadable)?).map_err(|error| {
                    Error::invalid_config("a certificate authority is not valid")
                        .with("sslrootcert", path)
                        .caused_by(error)
                })?;
            }
        }
    }
    if authorities.is_empty() {
        return Err(Error::invalid_config(
            "there is no certificate authority to check the server's certificate against",
        )
        .with("expected", "certificates installed on the system, or sslrootcert=PATH"));
    }
    Ok(authorities)
}

/// Encrypts without knowing with whom.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
