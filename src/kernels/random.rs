//! Random numbers that are a function of (seed, counter, position): Philox4x32-10.
//!
//! Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", 2011. The seed is the key of the
//! cipher; the counter of the operation and the number of the block are its text. Blocks of four words are made
//! `LANES` at a time, and the words of such a group are used in the order first words, second words, and so on.

use super::data::{Array, ArrayMut, Kernel};
use super::isa::{Isa, compiled};
use super::map::real;
use super::map::single::sin_cos_reduced;
use super::map::wide;
use super::typed::{PARALLEL, view};
use crate::dtype::DType;
use rayon::prelude::*;
use std::ptr;

const LANES: usize = 16;

type Words = [[u32; LANES]; 4];

/// Blocks `first .. first + LANES` of the key (seed, counter).
#[inline(always)]
fn philox(seed: u64, counter: u64, first: u64) -> Words {
    const LOW: u64 = 0xffff_ffff;
    let mut words = [[0; LANES]; 4];
    for lane in 0..LANES {
        let block = first.wrapping_add(lane as u64);
        // Words of 32 bits in 64, which is what the vector multiplication takes.
        let mut c = [block & LOW, block >> 32, counter & LOW, counter >> 32];
        let mut key = [seed as u32, (seed >> 32) as u32];
        for _ in 0..10 {
            let a = (c[0] & LOW) * 0xd251_1f53;
            let b = (c[2] & LOW) * 0xcd9e_8d57;
            c = [(b >> 32) ^ (c[1] & LOW) ^ u64::from(key[0]), b, (a >> 32) ^ (c[3] & LOW) ^ u64::from(key[1]), a];
            key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
        }
        for (word, c) in words.iter_mut().zip(c) {
            word[lane] = c as u32;
        }
    }
    words
}

/// A distribution: what it makes of the words of a group.
trait Draw {
    type Out: Copy + Default;
    /// Rows of `LANES` numbers a group gives.
    const ROWS: usize;

    fn draw<I: Isa>(words: &Words, out: &mut [[Self::Out; LANES]; 4]);
}

/// # Safety
/// `out` has room for `n` elements; `key` is the seed and the counter.
#[inline(always)]
unsafe fn generate<F: Draw, I: Isa>(out: *mut u8, key: [u64; 2], group: u64, n: usize) {
    let out = out.cast::<F::Out>();
    let size = F::ROWS * LANES;
    for (group, start) in (group..).zip((0..n).step_by(size)) {
        let words = philox(key[0], key[1], group.wrapping_mul(LANES as u64));
        let mut numbers = [[F::Out::default(); LANES]; 4];
        F::draw::<I>(&words, &mut numbers);
        // SAFETY: `start < n`, and a group has `size` numbers.
        unsafe {
            let (from, to) = (numbers.as_ptr().cast::<F::Out>(), out.add(start));
            if n - start >= size {
                ptr::copy_nonoverlapping(from, to, size);
            } else {
                ptr::copy_nonoverlapping(from, to, n - start);
            }
        }
    }
}

type Generate = unsafe fn(out: *mut u8, key: [u64; 2], group: u64, n: usize);

compiled!(fn pick[F: Draw] -> Generate = generate(out: *mut u8, key: [u64; 2], group: u64, n: usize));

/// Fill `output` group by group; the groups know their numbers, so threads do not change the result.
fn fill<F: Draw>(key: Array<'_>, output: &mut ArrayMut<'_>) {
    let key = view::<i64>(key.bytes);
    let key = [key[0] as u64, key[1] as u64];
    let generate = pick::<F>();
    let size = output.dtype.size();
    let groups = PARALLEL / 4 / (F::ROWS * LANES);
    let bytes = groups * F::ROWS * LANES * size;
    let part = |(i, out): (usize, &mut [u8])| {
        // SAFETY: the part has room for as many elements as it has bytes for, and is aligned as its array is.
        unsafe { generate(out.as_mut_ptr(), key, (i * groups) as u64, out.len() / size) }
    };
    if output.bytes.len() < PARALLEL * size {
        output.bytes.chunks_mut(bytes).enumerate().for_each(part);
    } else {
        output.bytes.par_chunks_mut(bytes).enumerate().for_each(part);
    }
}

/// 53 bits of two words, in `[0, 1)`.
#[inline(always)]
fn unit64(low: u32, high: u32) -> f64 {
    let bits = (u64::from(high) << 20) ^ (u64::from(low) >> 12);
    // In [1, 2) first, because that needs no conversion; the last bit is then added.
    let last = f64::from((low >> 11) & 1) * (0.5 * f64::EPSILON);
    f64::from_bits(bits | 1.0_f64.to_bits()) - 1.0 + last
}

struct Uniform32;

impl Draw for Uniform32 {
    type Out = f32;
    const ROWS: usize = 4;

    #[inline(always)]
    fn draw<I: Isa>(words: &Words, out: &mut [[f32; LANES]; 4]) {
        for lane in 0..LANES {
            for row in 0..4 {
                out[row][lane] = (words[row][lane] >> 8) as i32 as f32 * (0.5 * f32::EPSILON);
            }
        }
    }
}

struct Uniform64;

impl Draw for Uniform64 {
    type Out = f64;
    const ROWS: usize = 2;

    #[inline(always)]
    fn draw<I: Isa>(words: &Words, out: &mut [[f64; LANES]; 4]) {
        for row in 0..2 {
            for lane in 0..LANES {
                out[row][lane] = unit64(words[2 * row][lane], words[2 * row + 1][lane]);
            }
        }
    }
}

struct Normal32;

impl Draw for Normal32 {
    type Out = f32;
    const ROWS: usize = 4;

    /// Box and Muller: a radius and an angle give two numbers.
    #[inline(always)]
    fn draw<I: Isa>(words: &Words, out: &mut [[f32; LANES]; 4]) {
        for row in [0, 2] {
            for lane in 0..LANES {
                let (radius, angle) = (words[row][lane], words[row + 1][lane]);
                // In (0, 1], with steps of 2^-31, so that the tails reach far.
                let u = ((radius >> 1) as i32 as f32 + 1.0) * (0.5 * f32::EPSILON / 128.0);
                let r = (-2.0 * real::f32::log::<I>(u)).max(0.0).sqrt();
                // Two bits choose the quarter, the others the angle within it.
                let within = (angle << 2) as i32 as f32 * (std::f32::consts::FRAC_PI_4 / 2_147_483_648.0);
                let (s, c) = sin_cos_reduced::<I>(within);
                let (s, c) = if angle >> 31 == 0 { (s, c) } else { (-s, -c) };
                let odd = angle & (1 << 30) != 0;
                out[row][lane] = r * if odd { -s } else { c };
                out[row + 1][lane] = r * if odd { c } else { s };
            }
        }
    }
}

struct Normal64;

impl Draw for Normal64 {
    type Out = f64;
    const ROWS: usize = 2;

    #[inline(always)]
    fn draw<I: Isa>(words: &Words, out: &mut [[f64; LANES]; 4]) {
        for lane in 0..LANES {
            let u = 1.0 - unit64(words[0][lane], words[1][lane]);
            let r = (-2.0 * real::f64::log::<I>(u)).sqrt();
            let angle = words[3][lane];
            let turn = unit64(words[2][lane], angle << 2);
            let (s, c) = wide::sin_cos_reduced::<I>((turn - 0.5) * std::f64::consts::FRAC_PI_2);
            let (s, c) = if angle >> 31 == 0 { (s, c) } else { (-s, -c) };
            let odd = angle & (1 << 30) != 0;
            out[0][lane] = r * if odd { -s } else { c };
            out[1][lane] = r * if odd { c } else { s };
        }
    }
}

struct Words64;

impl Draw for Words64 {
    type Out = i64;
    const ROWS: usize = 4;

    #[inline(always)]
    fn draw<I: Isa>(words: &Words, out: &mut [[i64; LANES]; 4]) {
        for (out, words) in out.iter_mut().zip(words) {
            for (out, &word) in out.iter_mut().zip(words) {
                *out = i64::from(word);
            }
        }
    }
}

/// Uniform in `[0, 1)`, of the key int64 (seed, counter).
#[derive(Debug, Clone)]
pub struct Uniform;

impl Kernel for Uniform {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float64 {
            fill::<Uniform64>(inputs[0], output);
        } else {
            fill::<Uniform32>(inputs[0], output);
        }
        Ok(())
    }
}

/// Normal with mean 0 and deviation 1, of the key int64 (seed, counter).
#[derive(Debug, Clone)]
pub struct Normal;

impl Kernel for Normal {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        if output.dtype == DType::Float64 {
            fill::<Normal64>(inputs[0], output);
        } else {
            fill::<Normal32>(inputs[0], output);
        }
        Ok(())
    }
}

/// Uniform integers in `[0, 2^32)` as int64, of the key int64 (seed, counter).
#[derive(Debug, Clone)]
pub struct Bits;

impl Kernel for Bits {
    fn run(&self, inputs: &[Array<'_>], output: &mut ArrayMut<'_>) -> Result<(), String> {
        fill::<Words64>(inputs[0], output);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::typed::Plain;
    use crate::kernels::typed::testing::{Owned, run};

    fn draw<T: Plain>(kernel: &dyn Kernel, key: [i64; 2], n: usize, dtype: DType) -> Vec<T> {
        let key = Owned::new(&key, &[2], DType::Int64);
        run(kernel, &[&key], &[n], dtype).unwrap().values()
    }

    #[test]
    fn known_answers() {
        // From the authors' Random123, `kat_vectors`.
        let first = |seed, counter, block| philox(seed, counter, block).map(|word| word[0]);
        assert_eq!(first(0, 0, 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        let most = u64::MAX;
        assert_eq!(first(most, most, most), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    #[test]
    fn neither_size_nor_threads_matter() {
        for (kernel, dtype) in
            [(&Uniform as &dyn Kernel, DType::Float32), (&Normal, DType::Float32), (&Bits, DType::Int64)]
        {
            let long: Vec<u8> = {
                let key = Owned::new(&[5_i64, 9], &[2], DType::Int64);
                let n = 100_000;
                let mut all = run(kernel, &[&key], &[n], dtype).unwrap();
                all.bytes_mut().to_vec()
            };
            for n in [1, 7, 63, 64, 65, 1000, 70_000] {
                let key = Owned::new(&[5_i64, 9], &[2], DType::Int64);
                let mut short = run(kernel, &[&key], &[n], dtype).unwrap();
                let short = short.bytes_mut();
                assert_eq!(short, &long[..short.len()]);
            }
        }
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let alone = one.install(|| draw::<f64>(&Normal, [1, 2], 100_000, DType::Float64));
        assert_eq!(alone, draw::<f64>(&Normal, [1, 2], 100_000, DType::Float64));
    }

    fn moments(x: &[f64]) -> (f64, f64, f64) {
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let fourth = x.iter().map(|x| (x - mean).powi(4)).sum::<f64>() / n;
        (mean, variance, fourth)
    }

    #[test]
    fn distributions_have_their_moments() {
        let n = 1 << 20;
        let wide = |x: Vec<f32>| x.into_iter().map(f64::from).collect::<Vec<_>>();
        let uniforms = [wide(draw(&Uniform, [3, 4], n, DType::Float32)), draw(&Uniform, [3, 4], n, DType::Float64)];
        for x in uniforms {
            assert!(x.iter().all(|&x| (0.0..1.0).contains(&x)));
            let (mean, variance, fourth) = moments(&x);
            assert!((mean - 0.5).abs() < 2e-3 && (variance - 1.0 / 12.0).abs() < 1e-3);
            assert!((fourth - 1.0 / 80.0).abs() < 1e-3);
        }
        let normals = [wide(draw(&Normal, [3, 4], n, DType::Float32)), draw(&Normal, [3, 4], n, DType::Float64)];
        for x in normals {
            let (mean, variance, fourth) = moments(&x);
            assert!(mean.abs() < 4e-3 && (variance - 1.0).abs() < 6e-3 && (fourth - 3.0).abs() < 0.05);
            let beyond = x.iter().filter(|x| x.abs() > 3.0).count() as f64 / n as f64;
            assert!((beyond - 0.0027).abs() < 3e-4);
            // Neighbours share a radius; they must not be correlated.
            let lag = |by: usize| x.iter().zip(&x[by..]).map(|(a, b)| a * b).sum::<f64>() / n as f64;
            assert!(lag(1).abs() < 5e-3 && lag(16).abs() < 5e-3);
        }
    }
}
