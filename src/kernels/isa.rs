//! The instruction sets a loop is compiled for; the widest that this machine has is chosen at run time.

/// What the element functions of a loop may count on.
pub(crate) trait Isa {
    /// A fused multiply-add is one instruction; without it, it would be a slow call.
    const FMA: bool;
}

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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The widest instruction set of this machine.
pub(crate) fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        let middle = has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2");
        if middle
            && has!("avx512f")
            && has!("avx512bw")
            && has!("avx512cd")
            && has!("avx512dq")
            && has!("avx512vl")
        {
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
