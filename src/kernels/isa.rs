//! The instruction sets a loop is compiled for; the widest that this machine has is chosen at run time.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    _mm512_loadu_epi32, _mm512_loadu_epi64, _mm512_mask_loadu_epi32, _mm512_mask_loadu_epi64, _mm512_mask_storeu_epi32,
    _mm512_mask_storeu_epi64, _mm512_storeu_epi32, _mm512_storeu_epi64,
};
use std::ptr;

/// What the element functions of a loop may count on.
pub(crate) trait Isa {
    /// A fused multiply-add is one instruction; without it, it would be a slow call.
    const FMA: bool;

    /// `x[..n]`, and then `fill`.
    ///
    /// # Safety
    /// `x` has `n <= FEW` elements.
    #[inline(always)]
    unsafe fn load_few<T: Copy>(x: *const T, n: usize, fill: T) -> [T; FEW] {
        let mut few = [fill; FEW];
        // SAFETY: the caller's promise.
        unsafe { ptr::copy_nonoverlapping(x, few.as_mut_ptr(), n) };
        few
    }

    /// `out[..n] = few[..n]`
    ///
    /// # Safety
    /// `out` has room for `n <= FEW` elements.
    #[inline(always)]
    unsafe fn store_few<T: Copy>(few: &[T; FEW], out: *mut T, n: usize) {
        // SAFETY: the caller's promise.
        unsafe { ptr::copy_nonoverlapping(few.as_ptr(), out, n) };
    }
}

/// The elements of the widest vector.
pub(crate) const FEW: usize = 16;

/// What every machine of the target has.
#[derive(Debug)]
pub(crate) struct Baseline;

impl Isa for Baseline {
    const FMA: bool = cfg!(target_arch = "aarch64");
}

#[cfg(target_arch = "x86_64")]
#[derive(Debug)]
pub(crate) struct Avx2;

#[cfg(target_arch = "x86_64")]
impl Isa for Avx2 {
    const FMA: bool = true;
}

#[cfg(target_arch = "x86_64")]
#[derive(Debug)]
pub(crate) struct Avx512;

#[cfg(target_arch = "x86_64")]
impl Isa for Avx512 {
    const FMA: bool = true;

    // A copy of `n` bytes is a call, and reading what it wrote in one piece has to wait for it; with masks it is
    // one instruction each way.
    #[inline(always)]
    unsafe fn load_few<T: Copy>(x: *const T, n: usize, fill: T) -> [T; FEW] {
        let mut few = [fill; FEW];
        let mask = (1_u32 << n) - 1;
        let (to, from) = (few.as_mut_ptr(), x);
        // SAFETY: masked elements are not read; `FEW` elements of each size fill the vectors.
        unsafe {
            match size_of::<T>() {
                4 => {
                    let filled = _mm512_loadu_epi32(to.cast());
                    let loaded = _mm512_mask_loadu_epi32(filled, mask as u16, from.cast());
                    _mm512_storeu_epi32(to.cast(), loaded);
                }
                8 => {
                    let filled = _mm512_loadu_epi64(to.cast());
                    let low = _mm512_mask_loadu_epi64(filled, mask as u8, from.cast());
                    let rest = from.wrapping_add(8);
                    let high = _mm512_mask_loadu_epi64(filled, (mask >> 8) as u8, rest.cast());
                    _mm512_storeu_epi64(to.cast(), low);
                    _mm512_storeu_epi64(to.add(8).cast(), high);
                }
                _ => ptr::copy_nonoverlapping(from, to, n),
            }
        }
        few
    }

    #[inline(always)]
    unsafe fn store_few<T: Copy>(few: &[T; FEW], out: *mut T, n: usize) {
        let mask = (1_u32 << n) - 1;
        let from = few.as_ptr();
        // SAFETY: masked elements are not written; `FEW` elements of each size fill the vectors.
        unsafe {
            match size_of::<T>() {
                4 => {
                    let all = _mm512_loadu_epi32(from.cast());
                    _mm512_mask_storeu_epi32(out.cast(), mask as u16, all);
                }
                8 => {
                    let (low, high) = (_mm512_loadu_epi64(from.cast()), _mm512_loadu_epi64(from.add(8).cast()));
                    _mm512_mask_storeu_epi64(out.cast(), mask as u8, low);
                    let rest = out.wrapping_add(8);
                    _mm512_mask_storeu_epi64(rest.cast(), (mask >> 8) as u8, high);
                }
                _ => ptr::copy_nonoverlapping(from, out, n),
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum Level {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The widest instruction set of this machine.
pub(crate) fn level() -> Level {
    #[cfg(test)]
    if let Some(level) = testing::FORCED.get() {
        return level;
    }
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        let middle = has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2");
        if middle && has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl") {
            return Level::Avx512;
        }
        if middle {
            return Level::Avx2;
        }
    }
    Level::Baseline
}

/// `a * b + c`, fused where that is one instruction.
macro_rules! fma {
    ($isa:ident, $a:expr, $b:expr, $c:expr) => {
        if <$isa as $crate::kernels::isa::Isa>::FMA { ($a).mul_add($b, $c) } else { ($a) * ($b) + ($c) }
    };
}

/// A polynomial by Horner's rule, lowest coefficient first.
macro_rules! horner {
    ($isa:ident, $x:expr, $last:expr) => { $last };
    ($isa:ident, $x:expr, $first:expr, $($rest:expr),+) => {
        fma!($isa, $x, horner!($isa, $x, $($rest),+), $first)
    };
}

/// `fn $pick() -> $pointer`: `$body`, compiled for the widest instruction set of this machine.
///
/// `$body` is an `#[inline(always)]` unsafe function with the generic parameters `[$F: $bound]` and
/// `I: Isa`.
macro_rules! compiled {
    ($visibility:vis fn $pick:ident[$($F:ident: $bound:path)?] -> $pointer:ty
     = $body:ident($($argument:ident: $type:ty),* $(,)?) $(-> $result:ty)?) => {
        $visibility fn $pick$(<$F: $bound>)?() -> $pointer {
            unsafe fn baseline$(<$F: $bound>)?($($argument: $type),*) $(-> $result)? {
                // SAFETY: the caller's promise is that of `$body`.
                unsafe { $body::<$($F,)? $crate::kernels::isa::Baseline>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
            unsafe fn avx2$(<$F: $bound>)?($($argument: $type),*) $(-> $result)? {
                // SAFETY: as above; `level` found the instructions.
                unsafe { $body::<$($F,)? $crate::kernels::isa::Avx2>($($argument),*) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,avx512f,avx512bw,avx512cd,avx512dq,avx512vl")]
            unsafe fn avx512$(<$F: $bound>)?($($argument: $type),*) $(-> $result)? {
                // SAFETY: as above; `level` found the instructions.
                unsafe { $body::<$($F,)? $crate::kernels::isa::Avx512>($($argument),*) }
            }
            match $crate::kernels::isa::level() {
                $crate::kernels::isa::Level::Baseline => baseline$(::<$F>)?,
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::isa::Level::Avx2 => avx2$(::<$F>)?,
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::isa::Level::Avx512 => avx512$(::<$F>)?,
            }
        }
    };
}

pub(crate) use {compiled, fma, horner};

#[cfg(test)]
pub(crate) mod testing {
    use super::{Level, level};
    use std::cell::Cell;

    thread_local! {
        pub(super) static FORCED: Cell<Option<Level>> = const { Cell::new(None) };
    }

    /// Run `test` with the loops of every instruction set that this machine has.
    pub(crate) fn at_every_level(test: impl Fn(Level)) {
        let widest = level();
        let all = [
            Level::Baseline,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2,
            #[cfg(target_arch = "x86_64")]
            Level::Avx512,
        ];
        for level in all.into_iter().filter(|&level| level <= widest) {
            FORCED.set(Some(level));
            test(level);
        }
        FORCED.set(None);
    }
}
