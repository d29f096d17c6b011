//! Varints, tags and lengths: the encoding that all protobuf messages share.
//!
//! See <https://protobuf.dev/programming-guides/encoding/>. Invariant: a [`Reader`] never reads beyond the bytes it was given.

/// Why bytes are not the message that they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes do not begin as an enveloped object does.
    #[error("the data does not begin with \"k8s\\0\", as protobuf objects do")]
    NoEnvelope,
    /// The object inside the envelope is compressed or the like.
    #[error("the content encoding {0:?} is not supported")]
    ContentEncoding(String),
    /// The bytes end inside a field.
    #[error("unexpected end of the data")]
    Truncated,
    /// A number has more than 64 bits.
    #[error("a number is too long")]
    Overflow,
    /// A tag that no field can have.
    #[error("illegal tag {0}")]
    IllegalTag(u64),
    /// A field stands in a form that its type does not have.
    #[error("wrong wire type {wire} for field {field}")]
    WireType {
        /// The wire type found.
        wire: u8,
        /// The JSON name of the field, or what stands for one.
        field: &'static str,
    },
    /// A text is not UTF-8.
    #[error("the text in field {0} is not valid UTF-8")]
    NotText(&'static str),
    /// A value lies beyond what its type can hold.
    #[error("the value of field {0} is out of range")]
    OutOfRange(&'static str),
    /// Bytes that should be JSON are not.
    #[error("the value of field {field} is not valid JSON: {why}")]
    NotJson {
        /// The JSON name of the field.
        field: &'static str,
        /// What the parser said.
        why: String,
    },
    /// Messages lie in each other deeper than JSON may.
    #[error("the object is nested too deeply")]
    TooDeep,
}

/// How the value of a field is laid out.
pub(super) const VARINT: u8 = 0;
const FIXED64: u8 = 1;
pub(super) const LENGTH: u8 = 2;
const FIXED32: u8 = 5;

/// The value of one field as it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Bytes(&'a [u8]),
    Fixed32,
}

/// Reads the fields of one message in turn.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next field's number and value; `None` at the end.
    pub(super) fn field(&mut self) -> Result<Option<(u32, Wire<'a>)>, DecodeError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| (1..1 << 29).contains(number)).ok_or(DecodeError::IllegalTag(tag))?;
        let value = match (tag & 7) as u8 {
            VARINT => Wire::Varint(self.varint()?),
            FIXED64 => Wire::Fixed64(*self.take_array()?),
            LENGTH => {
                let length = usize::try_from(self.varint()?).map_err(|_| DecodeError::Truncated)?;
                Wire::Bytes(self.take(length)?)
            }
            FIXED32 => self.take_array::<4>().map(|_| Wire::Fixed32)?,
            // Groups, which proto2 deprecated before Kubernetes began.
            _ => return Err(DecodeError::IllegalTag(tag)),
        };
        Ok(Some((number, value)))
    }

    /// A base-128 number, least significant group first.
    pub(super) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0_u64;
        for (index, byte) in self.0.iter().enumerate() {
            if index == 9 && *byte > 1 {
                return Err(DecodeError::Overflow);
            }
            number |= u64::from(byte & 0x7f) << (7 * index);
            if byte & 0x80 == 0 {
                self.0 = &self.0[index + 1..];
                return Ok(number);
            }
        }
        Err(DecodeError::Truncated)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    fn take_array<const N: usize>(&mut self) -> Result<&'a [u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }
}

impl<'a> Wire<'a> {
    /// The wire type's own number.
    fn code(self) -> u8 {
        match self {
            Self::Varint(_) => VARINT,
            Self::Fixed64(_) => FIXED64,
            Self::Bytes(_) => LENGTH,
            Self::Fixed32 => FIXED32,
        }
    }

    pub(super) fn mismatch(self, field: &'static str) -> DecodeError {
        DecodeError::WireType { wire: self.code(), field }
    }

    pub(super) fn number(self, field: &'static str) -> Result<u64, DecodeError> {
        if let Self::Varint(number) = self { Ok(number) } else { Err(self.mismatch(field)) }
    }

    pub(super) fn bytes(self, field: &'static str) -> Result<&'a [u8], DecodeError> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(self.mismatch(field)) }
    }

    pub(super) fn text(self, field: &'static str) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes(field)?).map_err(|_| DecodeError::NotText(field))
    }
}

/// Appends a number.
pub(super) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn put_tag(out: &mut Vec<u8>, field: u32, wire: u8) {
    put_varint(out, u64::from(field) << 3 | u64::from(wire));
}

/// Appends a field that is a whole number or a truth value. Negative numbers take all 64 bits.
pub(super) fn put_number(out: &mut Vec<u8>, field: u32, number: i64) {
    put_tag(out, field, VARINT);
    put_varint(out, number.cast_unsigned());
}

/// Appends a field that is a floating-point number.
pub(super) fn put_double(out: &mut Vec<u8>, field: u32, number: f64) {
    put_tag(out, field, FIXED64);
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a field that is a text or bytes.
pub(super) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_head(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends the tag and the length of a field whose bytes follow.
pub(super) fn put_head(out: &mut Vec<u8>, field: u32, length: usize) {
    put_tag(out, field, LENGTH);
    put_varint(out, length as u64);
}

/// A message under construction inside another: where its tag and where its content begin.
#[derive(Clone, Copy)]
pub(super) struct Open {
    tag: usize,
    content: usize,
}

/// Begins a message whose length is not known yet. One byte is kept free for it, which is enough for most.
pub(super) fn begin(out: &mut Vec<u8>, field: u32) -> Open {
    let tag = out.len();
    put_tag(out, field, LENGTH);
    out.push(0);
    Open { tag, content: out.len() }
}

/// Ends a message: its length is written in, and the content moved where the length needs more than the byte kept free.
pub(super) fn end(out: &mut Vec<u8>, open: Open) {
    let length = out.len() - open.content;
    if length < 0x80 {
        out[open.content - 1] = length as u8;
        return;
    }
    let mut prefix = Vec::with_capacity(10);
    put_varint(&mut prefix, length as u64);
    let (first, rest) = (open.content - 1, prefix.len() - 1);
    out.resize(out.len() + rest, 0);
    out.copy_within(open.content..open.content + length, open.content + rest);
    out[first..first + prefix.len()].copy_from_slice(&prefix);
}

/// Ends a message, or takes it back where nothing was written into it.
pub(super) fn end_unless_empty(out: &mut Vec<u8>, open: Open) {
    if out.len() == open.content { out.truncate(open.tag) } else { end(out, open) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_read_back() {
        for number in [0, 1, 127, 128, 300, 1 << 14, u64::from(u32::MAX), u64::MAX >> 1, u64::MAX] {
            let mut out = Vec::new();
            put_varint(&mut out, number);
            let mut reader = Reader(&out);
            assert_eq!((reader.varint(), reader.0), (Ok(number), &[][..]));
        }
        let mut out = Vec::new();
        put_varint(&mut out, 300);
        assert_eq!(out, [0xac, 0x02]);
    }

    #[test]
    fn numbers_that_do_not_end_or_do_not_fit_are_refused() {
        assert_eq!(Reader(&[0x80]).varint(), Err(DecodeError::Truncated));
        assert_eq!(Reader(&[0xff; 9]).varint(), Err(DecodeError::Truncated));
        assert_eq!(Reader(&[0xff; 11]).varint(), Err(DecodeError::Overflow));
        let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        assert_eq!(Reader(&most).varint(), Err(DecodeError::Overflow));
    }

    #[test]
    fn a_length_of_several_bytes_moves_the_content() {
        for length in [0, 1, 127, 128, 16_383, 16_384] {
            let mut out = vec![7];
            let open = begin(&mut out, 2);
            out.resize(out.len() + length, b'x');
            end(&mut out, open);
            let mut expected = vec![7];
            put_bytes(&mut expected, 2, &vec![b'x'; length]);
            assert_eq!(out, expected, "{length}");
        }
    }

    #[test]
    fn fields_of_every_wire_type_are_read_and_groups_are_refused() {
        let bytes = [0x08, 0x05, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 0x01, b'x', 0x25, 0, 0, 0, 0];
        let mut reader = Reader(&bytes);
        assert_eq!(reader.field(), Ok(Some((1, Wire::Varint(5)))));
        assert_eq!(reader.field(), Ok(Some((2, Wire::Fixed64([1, 2, 3, 4, 5, 6, 7, 8])))));
        assert_eq!(reader.field(), Ok(Some((3, Wire::Bytes(b"x")))));
        assert_eq!(reader.field(), Ok(Some((4, Wire::Fixed32))));
        assert_eq!(reader.field(), Ok(None));
        for bad in [&[0x0b][..], &[0x00, 0x01], &[0x0a, 0x05, b'x'], &[0x0d, 1, 2], &[0x09, 1]] {
            assert!(Reader(bad).field().is_err(), "{bad:?}");
        }
    }
}
