//! Hashes that are the same everywhere: FarmHash's Fingerprint64 and SipHash, as TensorFlow's string operations use them.

use siphasher::sip::SipHasher24;

const K0: u64 = 0xc3a5_c85c_97cb_3127;
const K1: u64 = 0xb492_b66f_be98_f273;
const K2: u64 = 0x9ae1_6a3b_2f90_404f;
/// The key with which TensorFlow begins a cross.
const CROSS_KEY: u64 = 0x00de_cafc_affe;

/// How strings become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    Farm,
    Sip(u64, u64),
}

impl Hash {
    /// The number of `text` in `0..buckets`.
    #[allow(clippy::cast_possible_wrap)]
    pub fn bucket(self, text: &[u8], buckets: u64) -> i64 {
        let hash = match self {
            Self::Farm => fingerprint(text),
            Self::Sip(first, second) => SipHasher24::new_with_keys(first, second).hash(text),
        };
        (hash % buckets) as i64
    }
}

/// The bucket of some values taken together, each given by its fingerprint or as the integer it is.
#[allow(clippy::cast_possible_wrap)]
pub fn crossed(values: impl Iterator<Item = u64>, buckets: u64) -> i64 {
    (values.fold(CROSS_KEY, joined) % buckets) as i64
}

fn joined(first: u64, second: u64) -> u64 {
    const MULTIPLIER: u64 = 0xc6a4_a793_5bd1_e995;
    let mut hash = first ^ MULTIPLIER;
    hash ^= mix(second.wrapping_mul(MULTIPLIER)).wrapping_mul(MULTIPLIER);
    hash = hash.wrapping_mul(MULTIPLIER);
    hash = mix(hash).wrapping_mul(MULTIPLIER);
    mix(hash)
}

/// The decimal digits of an integer, written to the end of `space`.
pub fn decimal(value: i64, space: &mut [u8; 20]) -> &[u8] {
    let mut rest = value.unsigned_abs();
    let mut start = space.len();
    loop {
        start -= 1;
        space[start] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        space[start] = b'-';
    }
    &space[start..]
}

fn u32_at(s: &[u8], at: usize) -> u64 {
    u64::from(u32::from_le_bytes(s[at..at + 4].try_into().expect("four bytes")))
}

fn u64_at(s: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(s[at..at + 8].try_into().expect("eight bytes"))
}

fn mix(value: u64) -> u64 {
    value ^ (value >> 47)
}

fn hash16(u: u64, v: u64, multiplier: u64) -> u64 {
    let a = mix((u ^ v).wrapping_mul(multiplier));
    mix((v ^ a).wrapping_mul(multiplier)).wrapping_mul(multiplier)
}

/// FarmHash's Fingerprint64 (`farmhashna::Hash64`), by G. Pike.
pub fn fingerprint(s: &[u8]) -> u64 {
    match s.len() {
        0..=16 => up_to_16(s),
        17..=32 => up_to_32(s),
        33..=64 => up_to_64(s),
        _ => longer(s),
    }
}

fn up_to_16(s: &[u8]) -> u64 {
    let len = s.len();
    let length = len as u64;
    if len >= 8 {
        let multiplier = K2.wrapping_add(length * 2);
        let a = u64_at(s, 0).wrapping_add(K2);
        let b = u64_at(s, len - 8);
        let c = b.rotate_right(37).wrapping_mul(multiplier).wrapping_add(a);
        let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(multiplier);
        return hash16(c, d, multiplier);
    }
    if len >= 4 {
        let multiplier = K2.wrapping_add(length * 2);
        return hash16(length.wrapping_add(u32_at(s, 0) << 3), u32_at(s, len - 4), multiplier);
    }
    if len > 0 {
        let (a, b, c) = (u64::from(s[0]), u64::from(s[len >> 1]), u64::from(s[len - 1]));
        let y = a + (b << 8);
        let z = length + (c << 2);
        return mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2);
    }
    K2
}

fn up_to_32(s: &[u8]) -> u64 {
    let len = s.len();
    let multiplier = K2.wrapping_add(len as u64 * 2);
    let a = u64_at(s, 0).wrapping_mul(K1);
    let b = u64_at(s, 8);
    let c = u64_at(s, len - 8).wrapping_mul(multiplier);
    let d = u64_at(s, len - 16).wrapping_mul(K2);
    hash16(
        a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d),
        a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c),
        multiplier,
    )
}

fn up_to_64(s: &[u8]) -> u64 {
    let len = s.len();
    let multiplier = K2.wrapping_add(len as u64 * 2);
    let a = u64_at(s, 0).wrapping_mul(K2);
    let b = u64_at(s, 8);
    let c = u64_at(s, len - 8).wrapping_mul(multiplier);
    let d = u64_at(s, len - 16).wrapping_mul(K2);
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let z = hash16(y, a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c), multiplier);
    let e = u64_at(s, 16).wrapping_mul(multiplier);
    let f = u64_at(s, 24);
    let g = y.wrapping_add(u64_at(s, len - 32)).wrapping_mul(multiplier);
    let h = z.wrapping_add(u64_at(s, len - 24)).wrapping_mul(multiplier);
    hash16(
        e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h),
        e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g),
        multiplier,
    )
}

/// 32 bytes at `at` together with two seeds.
fn weak(s: &[u8], at: usize, a: u64, b: u64) -> (u64, u64) {
    let (w, x, y, z) = (u64_at(s, at), u64_at(s, at + 8), u64_at(s, at + 16), u64_at(s, at + 24));
    let mut a = a.wrapping_add(w);
    let mut b = b.wrapping_add(a).wrapping_add(z).rotate_right(21);
    let c = a;
    a = a.wrapping_add(x).wrapping_add(y);
    b = b.wrapping_add(a.rotate_right(44));
    (a.wrapping_add(z), b.wrapping_add(c))
}

fn longer(s: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let len = s.len();
    let mut y = SEED.wrapping_mul(K1).wrapping_add(113);
    let mut z = mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let (mut v, mut w) = ((0, 0), (0, 0));
    let mut x = SEED.wrapping_mul(K2).wrapping_add(u64_at(s, 0));
    let end = (len - 1) / 64 * 64;
    for at in (0..end).step_by(64) {
        x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(u64_at(s, at + 8)).rotate_right(37).wrapping_mul(K1);
        y = y.wrapping_add(v.1).wrapping_add(u64_at(s, at + 48)).rotate_right(42).wrapping_mul(K1);
        x ^= w.1;
        y = y.wrapping_add(v.0).wrapping_add(u64_at(s, at + 40));
        z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(K1);
        v = weak(s, at, v.1.wrapping_mul(K1), x.wrapping_add(w.0));
        w = weak(s, at + 32, z.wrapping_add(w.1), y.wrapping_add(u64_at(s, at + 16)));
        (z, x) = (x, z);
    }
    let multiplier = K1.wrapping_add((z & 0xff) << 1);
    let at = len - 64;
    w.0 = w.0.wrapping_add((len as u64 - 1) & 63);
    v.0 = v.0.wrapping_add(w.0);
    w.0 = w.0.wrapping_add(v.0);
    x = x.wrapping_add(y).wrapping_add(v.0).wrapping_add(u64_at(s, at + 8)).rotate_right(37).wrapping_mul(multiplier);
    y = y.wrapping_add(v.1).wrapping_add(u64_at(s, at + 48)).rotate_right(42).wrapping_mul(multiplier);
    x ^= w.1.wrapping_mul(9);
    y = y.wrapping_add(v.0.wrapping_mul(9)).wrapping_add(u64_at(s, at + 40));
    z = z.wrapping_add(w.0).rotate_right(33).wrapping_mul(multiplier);
    v = weak(s, at, v.1.wrapping_mul(multiplier), x.wrapping_add(w.0));
    w = weak(s, at + 32, z.wrapping_add(w.1), y.wrapping_add(u64_at(s, at + 16)));
    (z, x) = (x, z);
    hash16(
        hash16(v.0, w.0, multiplier).wrapping_add(mix(y).wrapping_mul(K0)).wrapping_add(z),
        hash16(v.1, w.1, multiplier).wrapping_add(x),
        multiplier,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTHS: [usize; 23] =
        [0, 1, 3, 4, 7, 8, 9, 16, 17, 24, 32, 33, 48, 63, 64, 65, 80, 96, 127, 128, 129, 200, 1000];
    /// TensorFlow's `to_hash_bucket_fast` into 2^62 buckets, of so many letters a.
    const LETTERS: [i64; 23] = [
        1936946117179621455,
        3694432073954588131,
        3360065502999313129,
        1373008272375474036,
        3005736497893877398,
        1507030721935717893,
        1010243743929222519,
        3481940567716887985,
        3756752071939108419,
        3392815790624510069,
        3058527438150226200,
        3476057946412062037,
        2645537014653748101,
        2908254470160274448,
        1281596039326491513,
        3166372076517071988,
        3589513010901114655,
        262547218133543432,
        2919849145759673618,
        4475744069048419318,
        4345125006625403520,
        886273374978001185,
        2248803365057215855,
    ];
    /// The same of the bytes `(7 i + length) % 256`.
    const BYTES: [i64; 23] = [
        1936946117179621455,
        550085751958558782,
        50737162503519588,
        74291032824012392,
        3398365883158499592,
        3403648104430010920,
        2054850140886334038,
        663651183927826904,
        3125010364355856015,
        1884766256448709927,
        3992320350721670009,
        3233698670931835597,
        1921715151620677518,
        1203207000702784873,
        1859692024977922284,
        444801980686921533,
        2344456178735448515,
        1198030767316122003,
        1314699078308480876,
        2003798058489048521,
        455335815384283847,
        202520530910294351,
        275936529534231104,
    ];

    #[test]
    fn fingerprints_are_those_of_tensorflow() {
        for (position, &length) in LENGTHS.iter().enumerate() {
            assert_eq!(Hash::Farm.bucket(&vec![b'a'; length], 1 << 62), LETTERS[position], "{length} letters");
            let bytes: Vec<u8> = (0..length).map(|i| ((i * 7 + length) % 256) as u8).collect();
            assert_eq!(Hash::Farm.bucket(&bytes, 1 << 62), BYTES[position], "{length} bytes");
        }
    }

    #[test]
    fn salted_hashes_are_those_of_tensorflow() {
        let expected: [(usize, i64); 6] = [
            (0, 443797209252341627),
            (1, 546566331822570742),
            (7, 2307315094896867255),
            (8, 3953429938924346798),
            (9, 947061891333336970),
            (100, 656730686299328706),
        ];
        for (length, bucket) in expected {
            assert_eq!(Hash::Sip(1, 2).bucket(&vec![b'a'; length], 1 << 62), bucket, "{length} letters");
        }
    }

    #[test]
    fn crosses_are_those_of_tensorflow() {
        let rows = [(b"A", 101), (b"B", 101), (b"A", 101), (b"B", 102), (b"A", 102)];
        let found: Vec<i64> =
            rows.iter().map(|&(text, number)| crossed([fingerprint(text), number].into_iter(), 5)).collect();
        assert_eq!(found, [1, 4, 1, 1, 3]);
        assert_eq!(crossed([1, 3].into_iter(), 1_000_003), 458_601);
        assert_eq!(crossed([2, 4].into_iter(), 1_000_003), 518_808);
    }

    #[test]
    fn integers_are_written_out() {
        let mut space = [0; 20];
        for value in [0, 7, -7, 1_234_567_890, i64::MIN, i64::MAX] {
            assert_eq!(decimal(value, &mut space), value.to_string().as_bytes());
        }
    }
}
