//! A certificate authority of one's own, such as a company's or a TLS-inspecting proxy's.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

pub struct Ca {
    issuer: Issuer<'static, KeyPair>,
    /// The CA's own certificate.
    pub pem: String,
    /// The same in DER.
    pub der: Vec<u8>,
    /// Its private key, which no bundle should have.
    pub key_pem: String,
}

impl Ca {
    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::OrganizationName, "Contoso");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let key_pem = key.serialize_pem();
        Self {
            pem: certificate.pem(),
            der: certificate.der().to_vec(),
            key_pem,
            issuer: Issuer::new(params, key),
        }
    }

    /// What a server of this machine needs to speak TLS.
    pub fn localhost(&self) -> Arc<ServerConfig> {
        self.server(&["localhost"], |_| {})
    }

    /// The same for other names, or with a certificate that is wrong in another way.
    pub fn server(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Arc<ServerConfig> {
        let (params, key) = request(names, change);
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        config(certificate.der().clone(), &key)
    }
}

/// What a server needs whose certificate nobody has signed but itself, and that certificate.
pub fn self_signed() -> (Arc<ServerConfig>, String) {
    let (params, key) = request(&["localhost"], |_| {});
    let certificate = params.self_signed(&key).expect("a certificate");
    (config(certificate.der().clone(), &key), certificate.pem())
}

fn request(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> (CertificateParams, KeyPair) {
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("names");
    params.distinguished_name.push(DnType::CommonName, "the tenant");
    change(&mut params);
    (params, KeyPair::generate().expect("a key"))
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .expect("the key is the certificate's");
    Arc::new(config)
}
