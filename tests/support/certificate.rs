//! A certificate authority that lives as long as a test run, and the certificates it signs.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CrlDistributionPoint,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, SerialNumber,
};

/// Where the revocation list is said to be. Nobody asks there: wine's schannel finds it in its cache.
const REVOCATION_LIST: &str = "http://crl.example.com/test.crl";

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

    /// The list of revoked certificates, in DER: there are none.
    pub fn revocation_list(&self) -> Vec<u8> {
        let params = CertificateRevocationListParams {
            this_update: rcgen::date_time_ymd(2020, 1, 1),
            next_update: rcgen::date_time_ymd(2100, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: Vec::new(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().der().to_vec()
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
        params.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![REVOCATION_LIST.into()] }];
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
