//! As much DER (X.690) as a certificate and a key need: elements one after the other, never beyond the
//! bytes at hand. What is signed is not verified here: it is our own certificate.

use crate::calendar::DateTime;
use crate::text::shorten;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OID: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

/// `rsaEncryption`
pub(super) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// The names that an administrator gave, by the last byte of `id-at` (2.5.4).
const NAMES: [(u8, &str); 6] = [(3, "CN"), (6, "C"), (7, "L"), (8, "ST"), (10, "O"), (11, "OU")];

/// The longest subject that is shown, in bytes.
const SHOWN: usize = 200;

/// Elements that are yet to be read.
#[derive(Clone, Copy)]
pub(super) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Der<'a> {
        Der(bytes)
    }

    /// The next element's tag and content. Long tags are nobody's here, lengths have four bytes at most.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let (bytes, behind) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            length =
                bytes.iter().try_fold(0_usize, |length, byte| length.checked_mul(256)?.checked_add((*byte).into()))?;
            rest = behind;
        }
        let (content, behind) = rest.split_at_checked(length)?;
        self.0 = behind;
        Some((tag, content))
    }

    /// The content of the next element, which must be of this kind.
    pub(super) fn take(&mut self, wanted: u8) -> Option<&'a [u8]> {
        self.next().filter(|(tag, _)| *tag == wanted).map(|(_, content)| content)
    }

    /// The elements within the next one.
    pub(super) fn enter(&mut self, wanted: u8) -> Option<Der<'a>> {
        self.take(wanted).map(Der)
    }
}

/// What a certificate says (RFC 5280, 4.1).
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) subject: String,
    /// `notAfter`, in seconds since 1970.
    pub(super) expires: i64,
    /// The `RSAPublicKey`, or what another kind of key has there.
    pub(super) public_key: &'a [u8],
}

/// `TBSCertificate`, as far as we need it.
pub(super) fn certificate(bytes: &[u8]) -> Option<Facts<'_>> {
    let mut inner = Der::new(bytes).enter(SEQUENCE)?.enter(SEQUENCE)?;
    let mut peek = inner;
    if peek.next()?.0 == VERSION {
        inner = peek;
    }
    inner.take(INTEGER)?; // serialNumber
    inner.take(SEQUENCE)?; // signature
    inner.take(SEQUENCE)?; // issuer
    let mut validity = inner.enter(SEQUENCE)?;
    validity.next()?; // notBefore
    let expires = validity.next().and_then(|(tag, text)| time(tag, text))?;
    let subject = subject(inner.enter(SEQUENCE)?);
    let mut key = inner.enter(SEQUENCE)?;
    key.take(SEQUENCE)?; // algorithm
    // The first byte of a BIT STRING counts the bits that its last byte does not use.
    let public_key = key.take(BIT_STRING)?.strip_prefix(&[0])?;
    Some(Facts { subject, expires, public_key })
}

/// The object identifier of a `PrivateKeyInfo`'s kind (RFC 5958).
pub(super) fn private_key_kind(bytes: &[u8]) -> Option<&[u8]> {
    let mut inner = Der::new(bytes).enter(SEQUENCE)?;
    inner.take(INTEGER)?;
    inner.enter(SEQUENCE)?.take(OID)
}

/// True for what `.pfx` and `.p12` files hold: `PFX ::= SEQUENCE { version INTEGER {v3(3)}, … }` (RFC 7292).
pub(super) fn is_pfx(bytes: &[u8]) -> bool {
    let inner = || Der::new(bytes).enter(SEQUENCE)?.take(INTEGER);
    inner() == Some(&[3])
}

/// `Time`: `YYMMDDHHMMSSZ` with YY of 1950 to 2049, or `YYYYMMDDHHMMSSZ` (RFC 5280, 4.1.2.5).
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = text.split_at_checked(match tag {
        UTC_TIME => 2,
        GENERALIZED_TIME => 4,
        _ => return None,
    })?;
    if rest.len() != 10 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| rest.get(at..at + 2)?.parse::<i64>().ok();
    let year = match (tag, year.parse::<i64>().ok()?) {
        (UTC_TIME, year @ 50..) => 1900 + year,
        (UTC_TIME, year) => 2000 + year,
        (_, year) => year,
    };
    Some(DateTime::of([year, two(0)?, two(2)?], [two(4)?, two(6)?, two(8)?], Some(0))?.seconds())
}

/// `RDNSequence` as people write it: `CN=exoimap, O=Contoso`.
fn subject(mut names: Der) -> String {
    let mut said = Vec::new();
    while let Some(mut set) = names.enter(SET) {
        while let Some(mut pair) = set.enter(SEQUENCE) {
            let Some([0x55, 0x04, kind]) = pair.take(OID) else { continue };
            let Some((_, name)) = NAMES.iter().find(|(known, _)| known == kind) else { continue };
            if let Some((tag, value)) = pair.next() {
                said.push(format!("{name}={}", string(tag, value)));
            }
        }
    }
    shorten(&said.join(", "), SHOWN)
}

/// `DirectoryString`: `BMPString` has two bytes a character.
fn string(tag: u8, bytes: &[u8]) -> String {
    if tag != 0x1e {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let units = bytes.chunks_exact(2).map(|pair| pair.iter().fold(0, |unit: u16, byte| unit << 8 | u16::from(*byte)));
    String::from_utf16_lossy(&units.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate of the tests' own kind: its key is no RSA key, its form is everybody's.
    fn sample() -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(vec![]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "exoimap 注文");
        params.distinguished_name.push(rcgen::DnType::OrganizationName, "Contoso");
        params.not_after = rcgen::date_time_ymd(2027, 2, 28);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn what_a_certificate_says() {
        let der = sample();
        let facts = certificate(&der).unwrap();
        assert_eq!(facts.subject, "CN=exoimap 注文, O=Contoso");
        assert_eq!(facts.expires, 1_803_772_800);
        // An uncompressed point of P-256.
        assert_eq!((facts.public_key.len(), facts.public_key[0]), (65, 4));
        assert!(!is_pfx(&der));
    }

    /// Whatever is in the file: no panic, and nothing that is not there.
    #[test]
    fn bytes_that_are_cut_or_changed() {
        let der = sample();
        for end in 0..der.len() {
            let cut = &der[..end];
            assert!(certificate(cut).is_none(), "cut at {end}");
            let _ = (private_key_kind(cut), is_pfx(cut));
        }
        for at in 0..der.len() {
            for byte in [0, 1, 0x30, 0x7f, 0x80, 0x81, 0x84, 0x85, 0xff] {
                let mut changed = der.clone();
                changed[at] = byte;
                let _ = (certificate(&changed), private_key_kind(&changed), is_pfx(&changed));
            }
        }
    }

    #[test]
    fn times_of_both_kinds() {
        assert_eq!(time(UTC_TIME, b"700101000000Z"), Some(0));
        assert_eq!(time(UTC_TIME, b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(time(GENERALIZED_TIME, b"20500101000000Z"), Some(2_524_608_000));
        for bad in
            [&b""[..], b"Z", b"700101000000", b"701301000000Z", b"7001010000Z", b"70010100000\xc3Z", b"+00101000000Z"]
        {
            assert_eq!(time(UTC_TIME, bad), None, "{bad:?}");
        }
    }

    #[test]
    fn lengths_that_lie() {
        for bad in
            [&b"\x30"[..], b"\x30\x80", b"\x30\x81", b"\x30\x84\xff\xff\xff\xff", b"\x30\x85\0\0\0\0\0", b"\x30\x02\0"]
        {
            assert_eq!(Der::new(bad).next(), None, "{bad:?}");
        }
        assert_eq!(Der::new(b"\x02\x81\x01\x07").next(), Some((INTEGER, &b"\x07"[..])));
    }
}
