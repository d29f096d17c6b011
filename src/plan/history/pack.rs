//! Bytes of any size as parts that fit into Secrets.
//!
//! Receives documents, hands on compressed parts, and the other way round. Pure. Invariant: no part is larger than [`PART_BYTES`], and
//! nothing is unpacked beyond [`UNPACKED_MOST`].

use std::io::{self, Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// The most bytes in one part. A Secret takes 1 MiB; in base64, as a store may keep it, this stays well below the 1.5 MiB that etcd
/// takes in one request.
pub const PART_BYTES: usize = 900 << 10;
/// More parts than this are refused: a set of them would hold some hundred megabytes of manifests.
pub(super) const PARTS_MOST: usize = 20;
/// The most bytes that are unpacked, so that a small Secret cannot fill the memory.
const UNPACKED_MOST: u64 = 1 << 30;

/// The compressed bytes.
pub(super) fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The parts of compressed bytes, in order; one at least.
pub(super) fn parts(compressed: &[u8]) -> Vec<&[u8]> {
    if compressed.is_empty() { vec![compressed] } else { compressed.chunks(PART_BYTES).collect() }
}

/// What was compressed.
pub(super) fn unpacked(compressed: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    GzDecoder::new(compressed).take(UNPACKED_MOST).read_to_end(&mut bytes)?;
    if bytes.len() as u64 == UNPACKED_MOST {
        return Err(io::Error::other("it holds too much"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that do not compress.
    fn noise(count: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        std::iter::repeat_with(&mut next).take(count).collect()
    }

    #[test]
    fn what_is_packed_is_unpacked() {
        for bytes in [Vec::new(), b"text".to_vec(), noise(2 * PART_BYTES)] {
            let packed = compressed(&bytes).unwrap();
            let parts = parts(&packed);
            assert!(parts.iter().all(|part| part.len() <= PART_BYTES));
            assert_eq!(unpacked(&parts.concat()).unwrap(), bytes);
        }
    }

    #[test]
    fn large_bytes_take_several_parts() {
        let count = |bytes: &[u8]| parts(&compressed(bytes).unwrap()).len();
        assert_eq!((count(b"x"), count(&noise(2 * PART_BYTES))), (1, 3));
    }

    #[test]
    fn what_is_cut_off_is_no_document() {
        let packed = compressed(b"some text").unwrap();
        assert!(unpacked(&packed[..packed.len() - 4]).is_err());
        assert!(unpacked(b"no gzip").is_err());
    }
}
