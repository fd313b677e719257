//! Messages in numbers, each from its number alone, so that what was downloaded can
//! be compared with what was put on the server without keeping it.

use super::dovecot::Dovecot;

/// One line of a BASE64 body: 76 bytes, CRLF.
const LINE: &[u8; 78] = b"00000000JVBERi0xLjcKJeLjz9MKMSAwIG9iago8PC9UeXBlL0NhdGFsb2cvUGFnZXMgMiAwIFI+\r\n";

/// The sizes of a mailbox that people use: mostly text, some attachments, few big ones.
const MIXED: [usize; 20] = [
    3_000, 2_100, 6_500, 4_096, 12_000, 3_500, 45_000, 2_800, 9_000, 160_000, 5_000, 2_200, 30_000, 7_000, 900_000,
    4_000, 18_000, 3_300, 70_000, 4_500_000,
];

/// Some messages, known by their sizes.
#[derive(Clone, Copy, Debug)]
pub struct Corpus {
    count: usize,
    sizes: &'static [usize],
    /// Instead of `sizes`, where all have one size.
    size: Option<usize>,
}

impl Corpus {
    /// `count` messages of 4 KB.
    pub const fn small(count: usize) -> Self {
        Corpus { count, sizes: &[4_096], size: None }
    }

    /// One message of `size` bytes.
    pub const fn one(size: usize) -> Self {
        Corpus::each(1, size)
    }

    /// `count` messages of `size` bytes: at least 3, of which below 400 a piece of a header.
    pub const fn each(count: usize, size: usize) -> Self {
        Corpus { count, sizes: &[], size: Some(size) }
    }

    /// `count` messages from 2 KB to 4.5 MB, 290 KB on average.
    pub const fn mixed(count: usize) -> Self {
        Corpus { count, sizes: &MIXED, size: None }
    }

    /// No message.
    pub const fn empty() -> Self {
        Corpus::small(0)
    }

    pub const fn len(&self) -> usize {
        self.count
    }

    /// The bytes of all messages together.
    pub fn bytes(&self) -> u64 {
        (0..self.count).map(|number| self.size_of(number) as u64).sum()
    }

    fn size_of(&self, number: usize) -> usize {
        self.size.unwrap_or_else(|| self.sizes[number % self.sizes.len()])
    }

    /// Message `number`, counted from 0; in a new mailbox its UID is one more.
    pub fn message(&self, number: usize) -> Vec<u8> {
        let size = self.size_of(number);
        let mut bytes = Vec::with_capacity(size + LINE.len());
        bytes.extend_from_slice(header(number).as_bytes());
        // No two lines are alike: a piece that is missing or twice can't go unnoticed.
        let mut line = *LINE;
        for count in 0_u32.. {
            if bytes.len() >= size {
                break;
            }
            put_hex(&mut line, count);
            bytes.extend_from_slice(&line);
        }
        bytes.truncate(size);
        // Cut anywhere, it must still end as a line, and hold no CR alone.
        if let Some([before, end @ ..]) = bytes.last_chunk_mut::<3>() {
            if *before == b'\r' {
                *before = b'+';
            }
            *end = *b"\r\n";
        }
        bytes
    }

    /// Puts them all into a folder; every third has been seen.
    pub fn fill(&self, server: &Dovecot, user: &str, folder: &str) {
        let messages = (0..self.count).map(|number| {
            let flags = if number % 3 == 2 { "S" } else { "" };
            (format!("{number:08}"), self.message(number), flags.to_owned())
        });
        server.deliver_all(user, folder, messages);
    }
}

fn header(number: usize) -> String {
    format!(
        "Message-ID: <{number}@example.com>\r\n\
         Date: Mon, 02 Nov 2026 09:00:{:02} +0000\r\n\
         From: Sender {number} <sender{number}@example.com>\r\n\
         To: Orders <orders@contoso.com>\r\n\
         Subject: Message {number}\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: application/pdf; name=\"document.pdf\"\r\n\
         Content-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"document.pdf\"\r\n\r\n",
        number % 60
    )
}

/// By hand: a debug build formats the two million lines of 150 MB too slowly.
fn put_hex(line: &mut [u8; 78], number: u32) {
    for (place, byte) in line.iter_mut().take(8).enumerate() {
        let digit = (number >> (28 - 4 * place)) & 15;
        *byte = b"0123456789ABCDEF"[digit as usize];
    }
}
