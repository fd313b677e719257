//! The mail that the Exchange of the tests starts with.

use super::clock;
use super::mailboxes::{Folder, Mailbox, MailboxState, Mailboxes};

pub const ORDERS: &str = "orders@contoso.com";
pub const SALES: &str = "sales@contoso.com";
pub const DISABLED: &str = "disabled@contoso.com";
pub const NO_ACCESS: &str = "noaccess@contoso.com";

/// `INBOX/注文`.
pub const SUBFOLDER: &str = "INBOX/&bOhlhw-";

/// orders@ with six messages, sales@ with none, and two that IMAP cannot open.
pub fn mailboxes() -> Mailboxes {
    let folders = ["INBOX", SUBFOLDER, "Deleted Items", "Drafts", "Gesendete Elemente", "Sent Items"];
    let mut mailboxes = Mailboxes::default();
    for (address, state) in [
        (ORDERS, MailboxState::Open),
        (SALES, MailboxState::Open),
        (DISABLED, MailboxState::UserDisabled),
        (NO_ACCESS, MailboxState::NoFullAccess),
    ] {
        let mailbox = Mailbox::new(state, &folders);
        mailboxes.by_address.insert(address.into(), mailbox);
    }
    fill(mailboxes.folder(ORDERS, "INBOX").unwrap());
    mailboxes
}

/// Six messages; the gaps are what others have moved away.
fn fill(inbox: &mut Folder) {
    let mut add = |uid: u32, date: &str, flags: &[&str], lines: &[&str]| {
        inbox.uidnext = uid;
        inbox.add(message(lines), clock::parse_imap_date(date).unwrap(), flags);
    };
    add(16101, "02-Nov-2026 08:14:07 +0000", &["\\Seen"], ORDER);
    add(16102, "03-Nov-2026 01:02:35 +0000", &[], ISO_2022_JP);
    add(16105, "04-Nov-2026 06:30:02 +0000", &[], UTF_8);
    add(16110, "05-Nov-2026 07:45:15 +0000", &["\\Flagged"], ATTACHMENT);
    add(16111, "06-Nov-2026 11:11:12 +0000", &[], ALTERNATIVE);
    let report = report();
    let report: Vec<&str> = report.iter().map(String::as_str).collect();
    add(16123, "07-Nov-2026 23:59:59 +0000", &[], &report);
}

/// Lines as a message on the wire.
pub fn message(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// A small message for tests that need another one.
pub fn note(subject: &str) -> Vec<u8> {
    message(&[
        "From: sender@example.com",
        "To: orders@contoso.com",
        &format!("Subject: {subject}"),
        "Date: Mon, 9 Nov 2026 12:00:00 +0000",
        "",
        "A note.",
    ])
}

/// A nightly report of some 130 KB: longer than most buffers on the way.
fn report() -> Vec<String> {
    let header = [
        "From: reports@example.com",
        "To: orders@contoso.com",
        "Subject: Stock report 2026-11-07",
        "Date: Sat, 7 Nov 2026 23:59:58 +0000",
        "Message-ID: <stock-20261107@example.com>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "",
    ];
    let rows =
        (1..=2500).map(|n| format!("A-{n:05}  shelf {:03}  in stock {:>6}  reorder at 100", n % 97, n * 37 % 5000));
    header.into_iter().map(String::from).chain(rows).collect()
}

/// An order in plain ASCII.
const ORDER: &[&str] = &[
    "Received: from mail.example.com (192.0.2.10) by mx.contoso.com (192.0.2.20)",
    " with ESMTPS; Mon, 2 Nov 2026 08:14:07 +0000",
    "From: \"Example Trading\" <purchasing@example.com>",
    "To: orders@contoso.com",
    "Subject: Purchase order 4711",
    "Date: Mon, 2 Nov 2026 09:14:05 +0100",
    "Message-ID: <po-4711@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=us-ascii",
    "",
    "Dear Contoso,",
    "",
    "please deliver by Friday:",
    "",
    "  12 x  A-1001  hinge, left",
    "  12 x  A-1002  hinge, right",
    ".",
    "Regards,",
    "Example Trading",
];

/// A subject and a body in ISO-2022-JP, with the escape sequences bare in the body.
const ISO_2022_JP: &[&str] = &[
    "From: =?ISO-2022-JP?B?GyRCOzNFRBsoQiAbJEJCQE86GyhC?= <yamada@example.com>",
    "To: orders@contoso.com",
    "Subject: =?ISO-2022-JP?B?GyRCQ21KOD1xGyhCIBskQkJoGyhCMjAyNi0xMTgbJEI5ZhsoQg==?=",
    "Date: Tue, 3 Nov 2026 10:02:33 +0900",
    "Message-ID: <20261103010233.118@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=ISO-2022-JP",
    "Content-Transfer-Encoding: 7bit",
    "",
    "\x1b$B%3%s%H%=3t<02q<R\x1b(B \x1b$B8fCf\x1b(B",
    "",
    "\x1b$B2<5-$NDL$jCmJ8$$$?$7$^$9!#\x1b(B",
    "\x1b$BIJHV\x1b(B A-1001  \x1b$B?tNL\x1b(B 12",
    "",
    "\x1b$B;3ED\x1b(B \x1b$BB@O:\x1b(B",
];

/// A body in UTF-8, sent as 8bit.
const UTF_8: &[&str] = &[
    "From: =?UTF-8?B?TcO8bGxlciAmIFPDtmhuZQ==?= <bestellung@example.com>",
    "To: orders@contoso.com",
    "Subject: =?UTF-8?Q?Bestellung_f=C3=BCr_M=C3=A4rz_=E2=80=93_3_St=C3=BCck?=",
    "Date: Wed, 4 Nov 2026 07:30:00 +0100",
    "Message-ID: <bestellung-77@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: text/plain; charset=UTF-8",
    "Content-Transfer-Encoding: 8bit",
    "",
    "Guten Tag,",
    "",
    "bitte 3 Stück der Größe „XL“ à 12,50 €.",
    "ご確認ください。",
];

/// multipart/mixed with a PDF whose name is Japanese, split as RFC 2231 allows.
const ATTACHMENT: &[&str] = &[
    "From: \"Example Trading\" <purchasing@example.com>",
    "To: orders@contoso.com",
    "Cc: archive@example.com",
    "Subject: =?UTF-8?B?5rOo5paH5pu444KS5re75LuY44GX44G+44GZ?=",
    "Date: Thu, 5 Nov 2026 16:45:12 +0900",
    "Message-ID: <po-4712@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: multipart/mixed; boundary=\"=_order_4712\"",
    "",
    "This is a message in MIME format.",
    "--=_order_4712",
    "Content-Type: text/plain; charset=us-ascii",
    "",
    "See the attached order.",
    "--=_order_4712",
    "Content-Type: application/pdf",
    "Content-Transfer-Encoding: base64",
    "Content-Disposition: attachment;",
    " filename*0*=UTF-8''%E6%B3%A8%E6%96%87%E6%9B%B8;",
    " filename*1*=%E7%AC%AC118%E5%8F%B7;",
    " filename*2=.pdf",
    "",
    "JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyAvUGFnZXMgMiAwIFIgPj4KZW5kb2Jq",
    "CjIgMCBvYmoKPDwgL1R5cGUgL1BhZ2VzIC9LaWRzIFtdIC9Db3VudCAwID4+CmVuZG9iagp0cmFp",
    "bGVyCjw8IC9Sb290IDEgMCBSID4+CiUlRU9GCg==",
    "--=_order_4712--",
];

/// The same words as text and as HTML.
const ALTERNATIVE: &[&str] = &[
    "From: shop@example.com",
    "To: orders@contoso.com",
    "Subject: Web order 9001",
    "Date: Fri, 6 Nov 2026 11:11:11 +0000",
    "Message-ID: <web-9001@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: multipart/alternative; boundary=\"alt-9001\"",
    "",
    "--alt-9001",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "1 =C3=97 A-1003, express",
    "--alt-9001",
    "Content-Type: text/html; charset=utf-8",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "<html><body><p>1 =C3=97 <b>A-1003</b>, express</p></body></html>",
    "--alt-9001--",
];
