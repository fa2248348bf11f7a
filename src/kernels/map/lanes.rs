//! The loops that element functions are put into.
//!
//! A loop over `n` elements is vectorized by the compiler; its last elements run the same arithmetic one by
//! one, so a result never depends on where in a chunk an element stands.

use super::{Map, Scalars};
use crate::kernels::isa::{FEW, Isa, compiled};
use std::mem::MaybeUninit;
use std::ptr;

/// A function of one element.
pub(super) trait One {
    type In: Copy;
    type Out: Copy;
    /// Costs so much that the last elements of a loop are better padded to a full vector.
    const HEAVY: bool;
    /// Some elements need `exact`, which would keep the loop from being vectorized.
    const RARE: bool = false;

    fn apply<I: Isa>(x: Self::In) -> Self::Out;

    fn is_rare(_: Self::In) -> bool {
        false
    }

    fn exact(x: Self::In) -> Self::Out;
}

/// A function of two elements.
pub(super) trait Two {
    type In: Copy;
    type Out: Copy;
    const HEAVY: bool;
    /// Worth a loop of its own when the result replaces an operand.
    const IN_PLACE: bool;

    fn apply<I: Isa>(a: Self::In, b: Self::In) -> Self::Out;
}

#[inline(always)]
unsafe fn run_one<F: One, I: Isa>(out: *mut u8, a: *const u8, _b: *const u8, _c: *const u8, n: usize) {
    let (out, a) = (out.cast::<F::Out>(), a.cast::<F::In>());
    // SAFETY: the caller promises `n` elements at both, in the same place or apart.
    unsafe {
        if F::HEAVY {
            one_heavy::<F, I>(out, a, n);
        } else if ptr::addr_eq(out, a) && size_of::<F::In>() == size_of::<F::Out>() {
            for i in 0..n {
                let x = out.add(i).cast::<F::In>().read();
                out.add(i).write(F::apply::<I>(x));
            }
        } else {
            for i in 0..n {
                out.add(i).write(F::apply::<I>(a.add(i).read()));
            }
        }
    }
}

type Few<T> = [MaybeUninit<T>; FEW];

/// A vector at a time, so that the result may replace the operand.
#[inline(always)]
unsafe fn one_heavy<F: One, I: Isa>(out: *mut F::Out, a: *const F::In, n: usize) {
    // SAFETY: the caller promises `n` elements at both; `count` of them are left.
    unsafe {
        for start in (0..n).step_by(FEW) {
            let (count, from) = (n - start, a.add(start));
            let x =
                if count >= FEW { from.cast::<[F::In; FEW]>().read() } else { I::load_few(from, count, from.read()) };
            let mut results: Few<F::Out> = [MaybeUninit::uninit(); FEW];
            for i in 0..FEW {
                results[i].write(F::apply::<I>(x[i]));
            }
            if F::RARE && x.iter().fold(false, |any, &x| any | F::is_rare(x)) {
                for (result, &x) in results.iter_mut().zip(&x).filter(|(_, x)| F::is_rare(**x)) {
                    result.write(F::exact(x));
                }
            }
            store::<F::Out, I>(&results, out.add(start), count);
        }
    }
}

/// # Safety
/// `out` has room for `count` elements, or for `FEW` if there are more.
#[inline(always)]
unsafe fn store<T: Copy, I: Isa>(results: &Few<T>, out: *mut T, count: usize) {
    // SAFETY: all results are written; the caller promises the room.
    unsafe {
        let results = &*results.as_ptr().cast::<[T; FEW]>();
        if count >= FEW {
            out.cast::<[T; FEW]>().write(*results);
        } else {
            I::store_few(results, out, count);
        }
    }
}

#[inline(always)]
unsafe fn run_two<F: Two, I: Isa, const LEFT: bool, const RIGHT: bool>(
    out: *mut u8,
    a: *const u8,
    b: *const u8,
    n: usize,
) {
    if n == 0 {
        return;
    }
    let (out, a, b) = (out.cast::<F::Out>(), a.cast::<F::In>(), b.cast::<F::In>());
    // SAFETY: the caller promises `n` elements at each, or one of an operand that is a scalar; `n > 0`.
    unsafe {
        let (left, right) = (a.read(), b.read());
        if F::HEAVY {
            two_heavy::<F, I, LEFT, RIGHT>(out, a, b, n);
        } else if F::IN_PLACE && !LEFT && ptr::addr_eq(out, a) {
            for i in 0..n {
                let x = out.add(i).cast::<F::In>().read();
                let y = if RIGHT { right } else { b.add(i).read() };
                out.add(i).write(F::apply::<I>(x, y));
            }
        } else if F::IN_PLACE && !RIGHT && ptr::addr_eq(out, b) {
            for i in 0..n {
                let x = if LEFT { left } else { a.add(i).read() };
                let y = out.add(i).cast::<F::In>().read();
                out.add(i).write(F::apply::<I>(x, y));
            }
        } else {
            for i in 0..n {
                let x = if LEFT { left } else { a.add(i).read() };
                let y = if RIGHT { right } else { b.add(i).read() };
                out.add(i).write(F::apply::<I>(x, y));
            }
        }
    }
}

#[inline(always)]
unsafe fn two_heavy<F: Two, I: Isa, const LEFT: bool, const RIGHT: bool>(
    out: *mut F::Out,
    a: *const F::In,
    b: *const F::In,
    n: usize,
) {
    // SAFETY: as in `run_two`; `count` elements of each are left.
    unsafe {
        let (left, right) = (a.read(), b.read());
        for start in (0..n).step_by(FEW) {
            let count = n - start;
            let few = count.min(FEW);
            let x = if LEFT { [left; FEW] } else { I::load_few(a.add(start), few, left) };
            let y = if RIGHT { [right; FEW] } else { I::load_few(b.add(start), few, right) };
            let mut results: Few<F::Out> = [MaybeUninit::uninit(); FEW];
            for i in 0..FEW {
                results[i].write(F::apply::<I>(x[i], y[i]));
            }
            store::<F::Out, I>(&results, out.add(start), count);
        }
    }
}

macro_rules! pairs {
    ($name:ident, $left:literal, $right:literal) => {
        #[inline(always)]
        unsafe fn $name<F: Two, I: Isa>(out: *mut u8, a: *const u8, b: *const u8, _c: *const u8, n: usize) {
            // SAFETY: the caller's promise is that of `run_two`.
            unsafe { run_two::<F, I, $left, $right>(out, a, b, n) }
        }
    };
}

pairs!(both, false, false);
pairs!(left, true, false);
pairs!(right, false, true);

/// `out = if a { b } else { c }`, of elements that are moved, not computed with.
#[inline(always)]
unsafe fn choose<T: Word, I: Isa>(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize) {
    let (out, b, c) = (out.cast::<T>(), b.cast::<T>(), c.cast::<T>());
    // SAFETY: the caller promises `n` elements at each.
    unsafe {
        if ptr::addr_eq(out, b) {
            for i in 0..n {
                let x = T::choose(a.add(i).read(), out.add(i).read(), c.add(i).read());
                out.add(i).write(x);
            }
        } else if ptr::addr_eq(out, c) {
            for i in 0..n {
                let x = T::choose(a.add(i).read(), b.add(i).read(), out.add(i).read());
                out.add(i).write(x);
            }
        } else {
            for i in 0..n {
                let x = T::choose(a.add(i).read(), b.add(i).read(), c.add(i).read());
                out.add(i).write(x);
            }
        }
    }
}

/// What becomes of an element times a factor, and another.
pub(super) trait Scaled {
    type Element: Copy;

    fn apply(x: Self::Element, factor: Self::Element, y: Self::Element) -> Self::Element;
}

/// `out = f(a, b, c)` with the one factor `b`.
#[inline(always)]
unsafe fn scaled<F: Scaled, I: Isa>(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize) {
    if n == 0 {
        return;
    }
    let (out, a, c) = (out.cast::<F::Element>(), a.cast::<F::Element>(), c.cast::<F::Element>());
    // SAFETY: the caller promises `n` elements at each but `b`, which has one.
    unsafe {
        let factor = b.cast::<F::Element>().read();
        if ptr::addr_eq(out, c) {
            for i in 0..n {
                out.add(i).write(F::apply(a.add(i).read(), factor, out.add(i).read()));
            }
        } else if ptr::addr_eq(out, a) {
            for i in 0..n {
                out.add(i).write(F::apply(out.add(i).read(), factor, c.add(i).read()));
            }
        } else {
            for i in 0..n {
                out.add(i).write(F::apply(a.add(i).read(), factor, c.add(i).read()));
            }
        }
    }
}

#[inline(always)]
unsafe fn spread<T: Word, I: Isa>(out: *mut u8, a: *const u8, _b: *const u8, _c: *const u8, n: usize) {
    if n == 0 {
        return;
    }
    // SAFETY: the caller promises one element at `a` and room for `n` at `out`.
    unsafe {
        let value = a.cast::<T>().read();
        for i in 0..n {
            out.cast::<T>().add(i).write(value);
        }
    }
}

/// Elements that are moved by their size alone.
pub(super) trait Word: Copy {
    fn choose(condition: u8, x: Self, y: Self) -> Self;
}

macro_rules! words {
    ($($word:ident),+) => {
        $(impl Word for $word {
            // In bits, because a choice between two loads is not always vectorized.
            #[inline(always)]
            fn choose(condition: u8, x: Self, y: Self) -> Self {
                let mask = (0 as $word).wrapping_sub($word::from(condition != 0));
                y ^ ((x ^ y) & mask)
            }
        })+
    };
}

words!(u8, u32, u64);

compiled!(pub(super) fn map_one[F: One] -> Map
    = run_one(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize));
compiled!(fn map_both[F: Two] -> Map
    = both(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize));
compiled!(fn map_left[F: Two] -> Map
    = left(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize));
compiled!(fn map_right[F: Two] -> Map
    = right(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize));
compiled!(pub(super) fn map_choose[T: Word] -> Map
    = choose(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize));
compiled!(pub(super) fn map_scaled[F: Scaled] -> Map
    = scaled(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize));
compiled!(pub(super) fn map_spread[T: Word] -> Map
    = spread(out: *mut u8, a: *const u8, b: *const u8, c: *const u8, n: usize));

pub(super) fn map_two<F: Two>(scalars: Scalars) -> Map {
    match scalars {
        Scalars::None => map_both::<F>(),
        Scalars::Left => map_left::<F>(),
        Scalars::Right => map_right::<F>(),
    }
}

/// The loop of `$body`, an expression of `$x`.
macro_rules! one {
    ($in:ty => $out:ty, $heavy:literal, |$x:ident| $body:expr) => {{
        struct Function;
        impl $crate::kernels::map::lanes::One for Function {
            type In = $in;
            type Out = $out;
            const HEAVY: bool = $heavy;
            #[inline(always)]
            fn apply<I: $crate::kernels::isa::Isa>($x: $in) -> $out {
                $body
            }
            fn exact($x: $in) -> $out {
                Self::apply::<$crate::kernels::isa::Baseline>($x)
            }
        }
        $crate::kernels::map::lanes::map_one::<Function>()
    }};
    ($in:ty => $out:ty, |$x:ident| $body:expr, rare: $rare:expr, exact: $exact:expr) => {{
        struct Function;
        impl $crate::kernels::map::lanes::One for Function {
            type In = $in;
            type Out = $out;
            const HEAVY: bool = true;
            const RARE: bool = true;
            #[inline(always)]
            fn apply<I: $crate::kernels::isa::Isa>($x: $in) -> $out {
                $body
            }
            #[inline(always)]
            fn is_rare($x: $in) -> bool {
                $rare
            }
            fn exact($x: $in) -> $out {
                $exact
            }
        }
        $crate::kernels::map::lanes::map_one::<Function>()
    }};
}

/// The loop of `$body`, an expression of `$a` and `$b`; `light` and `heavy` as in the traits, `placed` for light
/// ones that are often run in place.
macro_rules! two {
    ($scalars:expr, $in:ty => $out:ty, $weight:ident, |$a:ident, $b:ident| $body:expr) => {{
        struct Function;
        impl $crate::kernels::map::lanes::Two for Function {
            type In = $in;
            type Out = $out;
            const HEAVY: bool = $crate::kernels::map::lanes::weights::$weight.0;
            const IN_PLACE: bool = $crate::kernels::map::lanes::weights::$weight.1;
            #[inline(always)]
            fn apply<I: $crate::kernels::isa::Isa>($a: $in, $b: $in) -> $out {
                $body
            }
        }
        $crate::kernels::map::lanes::map_two::<Function>($scalars)
    }};
}

/// (heavy, in place)
#[expect(non_upper_case_globals, reason = "named as they are written in the tables")]
pub(super) mod weights {
    pub(in crate::kernels::map) const light: (bool, bool) = (false, false);
    pub(in crate::kernels::map) const placed: (bool, bool) = (false, true);
    pub(in crate::kernels::map) const heavy: (bool, bool) = (true, false);
}

pub(super) use {one, two};
