//! What burn compiled for GPUs and measured on them, kept from one process to the next in a file of the user's.
//!
//! burn holds it in memory, by namespaces, each a map of bytes to bytes. The file is all of them, with a checksum at the
//! end; a damaged one is as good as none.

use cubecl_environment::bytes::Bytes;
use cubecl_environment::persistence::{self, MemoryStorage, Origin};
use siphasher::sip::SipHasher24;
use std::collections::BTreeMap;
use std::hash::Hasher;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, io, process};

/// The version of the layout, not of the content: burn's namespaces name its own.
const MAGIC: &[u8] = b"keraburn shaders 1\n";
const CHECKSUM: usize = size_of::<u64>();

static FILE: OnceLock<PathBuf> = OnceLock::new();

/// By namespace and key.
type Entries = BTreeMap<(String, Vec<u8>), Vec<u8>>;

/// Hand burn what `file` has; what [`save`] writes goes there. Counts once, from before the first use of a GPU.
pub fn load(file: PathBuf) {
    let entries = read(&file);
    if FILE.set(file).is_ok() {
        for ((namespace, key), value) in entries {
            persistence::open(&namespace).insert(&key, Bytes::from_bytes_vec(value), Origin::Local);
        }
    }
}

/// Write what burn has to the file, beside what other processes wrote there.
///
/// # Errors
/// A folder that cannot be written to.
pub fn save() -> io::Result<()> {
    let Some(file) = FILE.get() else { return Ok(()) };
    let before = read(file);
    let mut entries = before.clone();
    for namespace in MemoryStorage::namespaces() {
        let name = namespace.namespace;
        persistence::open(&name).scan(&mut |key, value| {
            entries.insert((name.clone(), key.to_vec()), value.to_vec());
        });
    }
    if entries == before {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let draft = file.with_extension(process::id().to_string());
    let written = fs::write(&draft, encode(&entries)).and_then(|()| fs::rename(&draft, file));
    if written.is_err() {
        // The error of the write is the one to tell.
        let _ = fs::remove_file(&draft);
    }
    written
}

fn read(file: &Path) -> Entries {
    fs::read(file).ok().and_then(|bytes| decode(&bytes)).unwrap_or_default()
}

fn encode(entries: &Entries) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for ((namespace, key), value) in entries {
        for part in [namespace.as_bytes(), key, value] {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(part);
        }
    }
    let sum = checksum(&bytes);
    bytes.extend(sum);
    bytes
}

/// None if anything is not as it was written.
fn decode(bytes: &[u8]) -> Option<Entries> {
    let (content, sum) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM)?)?;
    if checksum(content) != sum {
        return None;
    }
    let mut rest = content.strip_prefix(MAGIC)?;
    let mut entries = Entries::new();
    while !rest.is_empty() {
        let namespace = String::from_utf8(part(&mut rest)?.to_vec()).ok()?;
        let key = part(&mut rest)?.to_vec();
        entries.insert((namespace, key), part(&mut rest)?.to_vec());
    }
    Some(entries)
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk()?;
    let (part, after) = after.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
    *rest = after;
    Some(part)
}

fn checksum(bytes: &[u8]) -> [u8; CHECKSUM] {
    let mut hasher = SipHasher24::new();
    hasher.write(bytes);
    hasher.finish().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Entries {
        let entry = |name: &str, key: &[u8], value: &[u8]| ((name.to_owned(), key.to_vec()), value.to_vec());
        [entry("a/b", b"", b"value"), entry("a/b", b"key", b""), entry("c", &[0, 255], &[7; 300])].into()
    }

    #[test]
    fn what_is_written_is_read() {
        for entries in [Entries::new(), some()] {
            assert_eq!(decode(&encode(&entries)), Some(entries));
        }
    }

    #[test]
    fn damage_is_noticed() {
        let whole = encode(&some());
        for position in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[position] ^= 4;
            assert_eq!(decode(&bytes), None);
            assert_eq!(decode(&whole[..position]), None);
        }
        assert_eq!(decode(&[&whole[..], &[0]].concat()), None);
    }
}
