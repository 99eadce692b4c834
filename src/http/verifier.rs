//! Whom TLS trusts: the operating system's CAs and those of a bundle.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, OtherError, SignatureScheme};

use super::bundle::{self, CaBundle};
use super::{Certificate, Error, Reason, Refusal, error};

/// What the client needs to know for TLS.
///
/// # Errors
/// [`Error::CaBundle`], and [`Error::Tls`] when there is nobody to trust.
pub(super) fn tls(ca_bundle: Option<&CaBundle>) -> Result<ClientConfig, Error> {
    let mut extra = bundle::of_the_environment()?;
    if let Some(bundle) = ca_bundle {
        extra.extend(bundle.read()?);
    }
    let tls = |error: rustls::Error| Error::Tls(error::innermost(&error));
    let provider = Arc::new(aws_lc_rs::default_provider());
    let platform = if extra.is_empty() {
        rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
    } else {
        rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(&provider))
    };
    let platform = platform.map_err(|error| bundle::problem_of_the_environment().unwrap_or(tls(error)))?;
    let verifier = Verifier { platform, bundle: ca_bundle.map(|bundle| bundle.setting.clone()) };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// The platform's verifier. It accepts nothing that the platform refuses, and only says more about it.
#[derive(Debug)]
struct Verifier {
    platform: rustls_platform_verifier::Verifier,
    bundle: Option<String>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now).map_err(
            |error| {
                let refusal = Refusal {
                    host: server_name.to_str().into_owned(),
                    certificate: Certificate::parse(end_entity),
                    reason: Reason::of(&error),
                    bundle: self.bundle.clone(),
                    now: instant(now),
                };
                CertificateError::Other(OtherError(Arc::new(refusal))).into()
            },
        )
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

fn instant(now: UnixTime) -> Timestamp {
    i64::try_from(now.as_secs())
        .ok()
        .and_then(|now| Timestamp::from_second(now).ok())
        .unwrap_or(Timestamp::MAX)
}
