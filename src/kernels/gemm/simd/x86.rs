//! AVX-512, and AVX2 with FMA.
#![allow(unsafe_op_in_unsafe_fn, reason = "each function is one intrinsic under the promise of the trait")]

use super::Vector;
use std::arch::x86_64::*;

macro_rules! vector {
    ($vector:ty, $scalar:ty, $lanes:literal, $mask:ty, $zero:ident, $set1:ident, $load:ident, $store:ident,
     $add:ident, $fma:ident, $max:ident, $make_mask:ident, $load_part:ident, $store_part:ident, $total:ident,
     $transpose:ident) => {
        impl Vector for $vector {
            type Scalar = $scalar;
            type Mask = $mask;
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn zero() -> Self {
                $zero()
            }
            #[inline(always)]
            unsafe fn splat(p: *const $scalar) -> Self {
                $set1(*p)
            }
            #[inline(always)]
            unsafe fn load(p: *const $scalar) -> Self {
                $load(p)
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut $scalar) {
                $store(p, self);
            }
            #[inline(always)]
            unsafe fn prefetch(p: *mut $scalar) {
                _mm_prefetch::<_MM_HINT_ET0>(p.cast());
            }
            #[inline(always)]
            unsafe fn mask(n: usize) -> $mask {
                $make_mask(n)
            }
            #[inline(always)]
            unsafe fn load_part(p: *const $scalar, mask: $mask) -> Self {
                $load_part(p, mask)
            }
            #[inline(always)]
            unsafe fn store_part(self, p: *mut $scalar, mask: $mask) {
                $store_part(p, mask, self);
            }
            #[inline(always)]
            unsafe fn add(self, other: Self) -> Self {
                $add(self, other)
            }
            #[inline(always)]
            unsafe fn fma(self, x: Self, y: Self) -> Self {
                $fma(x, y, self)
            }
            #[inline(always)]
            unsafe fn relu(self) -> Self {
                // Of two operands one of which is NaN, the second is the result.
                $max($zero(), self)
            }
            #[inline(always)]
            unsafe fn total(self) -> $scalar {
                $total(self)
            }
            #[inline(always)]
            unsafe fn transpose(from: *const $scalar, stride: isize, to: *mut $scalar, width: usize) {
                $transpose(from, stride, to, width);
            }
        }
    };
}

vector!(
    __m512,
    f32,
    16,
    __mmask16,
    _mm512_setzero_ps,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_add_ps,
    _mm512_fmadd_ps,
    _mm512_max_ps,
    mask_16,
    load_16,
    _mm512_mask_storeu_ps,
    _mm512_reduce_add_ps,
    transpose_16
);
vector!(
    __m512d,
    f64,
    8,
    __mmask8,
    _mm512_setzero_pd,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_add_pd,
    _mm512_fmadd_pd,
    _mm512_max_pd,
    mask_8,
    load_8,
    _mm512_mask_storeu_pd,
    _mm512_reduce_add_pd,
    transpose_8_f64
);
vector!(
    __m256,
    f32,
    8,
    __m256i,
    _mm256_setzero_ps,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_add_ps,
    _mm256_fmadd_ps,
    _mm256_max_ps,
    mask_avx_f32,
    _mm256_maskload_ps,
    _mm256_maskstore_ps,
    total_8,
    transpose_8_f32
);
vector!(
    __m256d,
    f64,
    4,
    __m256i,
    _mm256_setzero_pd,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_add_pd,
    _mm256_fmadd_pd,
    _mm256_max_pd,
    mask_avx_f64,
    _mm256_maskload_pd,
    _mm256_maskstore_pd,
    total_4,
    transpose_4_f64
);

#[inline(always)]
fn mask_16(n: usize) -> __mmask16 {
    ((1u32 << n) - 1) as __mmask16
}

#[inline(always)]
fn mask_8(n: usize) -> __mmask8 {
    ((1u32 << n) - 1) as __mmask8
}

#[inline(always)]
unsafe fn load_16(p: *const f32, mask: __mmask16) -> __m512 {
    _mm512_maskz_loadu_ps(mask, p)
}

#[inline(always)]
unsafe fn load_8(p: *const f64, mask: __mmask8) -> __m512d {
    _mm512_maskz_loadu_pd(mask, p)
}

/// Eight full lanes, then eight empty ones: a mask of `n` begins at `8 - n`.
static LANES: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

#[inline(always)]
unsafe fn mask_avx_f32(n: usize) -> __m256i {
    _mm256_loadu_si256(LANES.as_ptr().add(8 - n).cast())
}

#[inline(always)]
unsafe fn mask_avx_f64(n: usize) -> __m256i {
    _mm256_loadu_si256(LANES.as_ptr().add(8 - 2 * n).cast())
}

#[inline(always)]
unsafe fn total_8(x: __m256) -> f32 {
    let x = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
}

#[inline(always)]
unsafe fn total_4(x: __m256d) -> f64 {
    let x = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x));
    _mm_cvtsd_f64(_mm_add_sd(x, _mm_unpackhi_pd(x, x)))
}

// Transposes lay pieces of distant columns side by side while loading, so that only shuffles within 16 bytes remain.

#[inline(always)]
unsafe fn transpose_16(from: *const f32, stride: isize, to: *mut f32, width: usize) {
    let piece = |j: isize| _mm_loadu_ps(from.offset(j * stride));
    let side_by_side = |j: isize| {
        let x = _mm512_castps128_ps512(piece(j));
        let x = _mm512_insertf32x4::<1>(x, piece(j + 4));
        let x = _mm512_insertf32x4::<2>(x, piece(j + 8));
        _mm512_insertf32x4::<3>(x, piece(j + 12))
    };
    let (a, b, c, d) = (side_by_side(0), side_by_side(1), side_by_side(2), side_by_side(3));
    let low = |x, y| _mm512_castps_pd(_mm512_unpacklo_ps(x, y));
    let high = |x, y| _mm512_castps_pd(_mm512_unpackhi_ps(x, y));
    _mm512_storeu_pd(to.cast(), _mm512_unpacklo_pd(low(a, b), low(c, d)));
    _mm512_storeu_pd(to.add(width).cast(), _mm512_unpackhi_pd(low(a, b), low(c, d)));
    _mm512_storeu_pd(to.add(2 * width).cast(), _mm512_unpacklo_pd(high(a, b), high(c, d)));
    _mm512_storeu_pd(to.add(3 * width).cast(), _mm512_unpackhi_pd(high(a, b), high(c, d)));
}

#[inline(always)]
unsafe fn transpose_8_f64(from: *const f64, stride: isize, to: *mut f64, width: usize) {
    let piece = |j: isize| _mm_loadu_pd(from.offset(j * stride));
    let side_by_side = |j: isize| {
        let x = _mm512_castpd128_pd512(piece(j));
        let x = _mm512_insertf64x2::<1>(x, piece(j + 2));
        let x = _mm512_insertf64x2::<2>(x, piece(j + 4));
        _mm512_insertf64x2::<3>(x, piece(j + 6))
    };
    let (a, b) = (side_by_side(0), side_by_side(1));
    _mm512_storeu_pd(to, _mm512_unpacklo_pd(a, b));
    _mm512_storeu_pd(to.add(width), _mm512_unpackhi_pd(a, b));
}

#[inline(always)]
unsafe fn transpose_8_f32(from: *const f32, stride: isize, to: *mut f32, width: usize) {
    let piece = |j: isize| _mm_loadu_ps(from.offset(j * stride));
    let side_by_side = |j: isize| _mm256_set_m128(piece(j + 4), piece(j));
    let (a, b, c, d) = (side_by_side(0), side_by_side(1), side_by_side(2), side_by_side(3));
    let low = |x, y| _mm256_castps_pd(_mm256_unpacklo_ps(x, y));
    let high = |x, y| _mm256_castps_pd(_mm256_unpackhi_ps(x, y));
    _mm256_storeu_pd(to.cast(), _mm256_unpacklo_pd(low(a, b), low(c, d)));
    _mm256_storeu_pd(to.add(width).cast(), _mm256_unpackhi_pd(low(a, b), low(c, d)));
    _mm256_storeu_pd(to.add(2 * width).cast(), _mm256_unpacklo_pd(high(a, b), high(c, d)));
    _mm256_storeu_pd(to.add(3 * width).cast(), _mm256_unpackhi_pd(high(a, b), high(c, d)));
}

#[inline(always)]
unsafe fn transpose_4_f64(from: *const f64, stride: isize, to: *mut f64, width: usize) {
    let piece = |j: isize| _mm_loadu_pd(from.offset(j * stride));
    let side_by_side = |j: isize| _mm256_set_m128d(piece(j + 2), piece(j));
    let (a, b) = (side_by_side(0), side_by_side(1));
    _mm256_storeu_pd(to, _mm256_unpacklo_pd(a, b));
    _mm256_storeu_pd(to.add(width), _mm256_unpackhi_pd(a, b));
}
