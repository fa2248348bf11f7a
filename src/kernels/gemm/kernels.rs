//! The tables of compiled kernels, one for each instruction set and element type, and the choice among them.

use super::tile::Tile;
use super::{Finish, Gemm};

pub(super) type TileFn<T> = unsafe fn(&Tile<T>);
pub(super) type PackFn<T> = unsafe fn(*const T, (isize, isize), (usize, usize), *mut T, usize);
pub(super) type DotFn<T> = unsafe fn(&Gemm, *const T, *const T, *mut T, &Finish<T>, usize);

/// What the loops around the tiles call.
#[derive(Debug)]
pub struct Kernels<T: 'static> {
    #[cfg_attr(not(test), allow(dead_code))]
    pub(super) name: &'static str,
    pub(super) lanes: usize,
    /// Tiles by `[vectors - 1][rows - 1]`.
    pub(super) tiles: &'static [&'static [TileFn<T>]],
    /// Tiles of a single vector that leave the lanes of B past the tail alone, by `[rows - 1]`.
    pub(super) narrow: &'static [TileFn<T>],
    /// Tiles that find A and C by offsets, as `tiles`.
    pub(super) gathered: &'static [&'static [TileFn<T>]],
    pub(super) pack: PackFn<T>,
    pub(super) dot: DotFn<T>,
}

impl<T> Kernels<T> {
    /// The columns of the widest tile.
    pub(super) const fn widest(&self) -> usize {
        self.tiles.len() * self.lanes
    }
}

macro_rules! kernels {
    ($name:ident, $vector:ty, $scalar:ty, [$(#[$feature:meta])?], [$($r1:literal)+], $([$n:literal: $($r:literal)+]),*) => {
        mod $name {
            use super::super::{Finish, Gemm, dot, pack, tile, tile::Tile};
            use super::Kernels;

            $(#[$feature])?
            unsafe fn product<const R: usize, const N: usize, const PART: bool, const GATHER: bool>(
                t: &Tile<$scalar>,
            ) {
                // SAFETY: the instructions are enabled here; the rest is the caller's promise.
                unsafe { tile::tile::<$vector, R, N, PART, GATHER>(t) }
            }

            $(#[$feature])?
            unsafe fn pack(
                b: *const $scalar,
                strides: (isize, isize),
                size: (usize, usize),
                panel: *mut $scalar,
                width: usize,
            ) {
                // SAFETY: the instructions are enabled here; the rest is the caller's promise.
                unsafe { pack::pack::<$vector>(b, strides, size, panel, width) }
            }

            $(#[$feature])?
            unsafe fn dot(
                g: &Gemm,
                a: *const $scalar,
                b: *const $scalar,
                c: *mut $scalar,
                finish: &Finish<$scalar>,
                bias_step: usize,
            ) {
                // SAFETY: the instructions are enabled here; the rest is the caller's promise.
                unsafe { dot::dot::<$vector>(g, a, b, c, finish, bias_step) }
            }

            pub(super) static KERNELS: Kernels<$scalar> = Kernels {
                name: stringify!($name),
                lanes: size_of::<$vector>() / size_of::<$scalar>(),
                tiles: &[&[$(product::<$r1, 1, false, false>),+], $(&[$(product::<$r, $n, false, false>),+]),*],
                narrow: &[$(product::<$r1, 1, true, false>),+],
                gathered: &[&[$(product::<$r1, 1, false, true>),+], $(&[$(product::<$r, $n, false, true>),+]),*],
                pack,
                dot,
            };
        }
    };
}

// Tiles are as large as the registers hold: the sums, a row of B and an element of A.

#[cfg(target_arch = "x86_64")]
kernels!(
    avx512_f32,
    std::arch::x86_64::__m512,
    f32,
    [#[target_feature(enable = "avx512f,fma")]],
    [1 2 3 4 5 6 7 8], [2: 1 2 3 4 5 6 7 8], [3: 1 2 3 4 5 6 7 8], [4: 1 2 3 4 5 6]
);
#[cfg(target_arch = "x86_64")]
kernels!(
    avx512_f64,
    std::arch::x86_64::__m512d,
    f64,
    [#[target_feature(enable = "avx512f,fma")]],
    [1 2 3 4 5 6 7 8], [2: 1 2 3 4 5 6 7 8], [3: 1 2 3 4 5 6 7 8], [4: 1 2 3 4 5 6]
);
#[cfg(target_arch = "x86_64")]
kernels!(
    avx2_f32,
    std::arch::x86_64::__m256,
    f32,
    [#[target_feature(enable = "avx2,fma")]],
    [1 2 3 4 5 6], [2: 1 2 3 4 5 6]
);
#[cfg(target_arch = "x86_64")]
kernels!(
    avx2_f64,
    std::arch::x86_64::__m256d,
    f64,
    [#[target_feature(enable = "avx2,fma")]],
    [1 2 3 4 5 6], [2: 1 2 3 4 5 6]
);
#[cfg(target_arch = "aarch64")]
kernels!(
    neon_f32,
    std::arch::aarch64::float32x4_t,
    f32,
    [],
    [1 2 3 4 5 6], [2: 1 2 3 4 5 6], [3: 1 2 3 4 5 6], [4: 1 2 3 4 5 6]
);
#[cfg(target_arch = "aarch64")]
kernels!(
    neon_f64,
    std::arch::aarch64::float64x2_t,
    f64,
    [],
    [1 2 3 4 5 6], [2: 1 2 3 4 5 6], [3: 1 2 3 4 5 6], [4: 1 2 3 4 5 6]
);
kernels!(
    portable_f32,
    super::super::simd::portable::Four<f32>,
    f32,
    [],
    [1 2 3 4], [2: 1 2 3 4]
);
kernels!(
    portable_f64,
    super::super::simd::portable::Four<f64>,
    f64,
    [],
    [1 2 3 4], [2: 1 2 3 4]
);

/// The kernels this machine can run, best first.
macro_rules! available {
    ($function:ident, $scalar:ty, $avx512:ident, $avx2:ident, $neon:ident, $portable:ident) => {
        pub(super) fn $function() -> Vec<&'static Kernels<$scalar>> {
            let mut all = Vec::new();
            #[cfg(target_arch = "x86_64")]
            {
                if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("fma") {
                    all.push(&$avx512::KERNELS);
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    all.push(&$avx2::KERNELS);
                }
            }
            #[cfg(target_arch = "aarch64")]
            all.push(&$neon::KERNELS);
            all.push(&$portable::KERNELS);
            all
        }
    };
}

available!(available_f32, f32, avx512_f32, avx2_f32, neon_f32, portable_f32);
available!(available_f64, f64, avx512_f64, avx2_f64, neon_f64, portable_f64);
