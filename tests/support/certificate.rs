//! A certificate authority that lives as long as a test run, and the certificates it signs.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};

/// A throw-away root. Clients are given `pem()` as their CA file.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Authority {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "exoimap test authority");
        let key = KeyPair::generate().unwrap();
        Authority { issuer: CertifiedIssuer::self_signed(params, key).unwrap() }
    }

    /// The root certificate, to be trusted.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// What a server shows to be taken for `names` (DNS names and IP addresses alike); a name
    /// that nobody connects to makes the certificate of a wrong host.
    pub fn identity(&self, names: &[&str]) -> native_tls::Identity {
        let (certificate, key) = self.identity_pem(names);
        native_tls::Identity::from_pkcs8(certificate.as_bytes(), key.as_bytes()).unwrap()
    }

    /// One whose time is over.
    pub fn expired_identity(&self, names: &[&str]) -> native_tls::Identity {
        let (certificate, key) = self.certificate(names, true);
        native_tls::Identity::from_pkcs8(certificate.as_bytes(), key.as_bytes()).unwrap()
    }

    /// The same as `(certificate, private key)`, for a server that wants files.
    pub fn identity_pem(&self, names: &[&str]) -> (String, String) {
        self.certificate(names, false)
    }

    fn certificate(&self, names: &[&str], expired: bool) -> (String, String) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_string()).collect();
        // `new` tells IP addresses from DNS names.
        let mut params = CertificateParams::new(names.clone()).unwrap();
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name.push(DnType::CommonName, names.join(", "));
        if expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}
