//! Bytes as slices of elements, and the plan of a loop along one axis.

use crate::dtype::DType;
use std::ops::Not;

/// An element type of arrays; booleans are bytes that are 0 or 1.
pub(crate) trait Element: Copy + Send + Sync + PartialOrd + Default + 'static {
    /// Orders as the elements do, with NaN after all numbers and both zeros equal.
    type Key: Ord + Copy + Not<Output = Self::Key> + Send;

    fn key(self) -> Self::Key;

    fn is_nan(self) -> bool {
        false
    }
}

macro_rules! integers {
    ($($element:ident as $key:ident),+) => {
        $(impl Element for $element {
            type Key = $key;

            #[inline(always)]
            fn key(self) -> $key {
                (self as $key) ^ ($element::MIN as $key)
            }
        })+
    };
}

integers!(u8 as u8, i32 as u32, i64 as u64);

macro_rules! floats {
    ($($element:ident as $key:ident / $signed:ident),+) => {
        $(impl Element for $element {
            type Key = $key;

            #[inline(always)]
            fn key(self) -> $key {
                const TOP: $key = 1 << ($key::BITS - 1);
                let bits = (self + 0.0).to_bits();
                let flip = ((bits as $signed) >> ($key::BITS - 1)) as $key | TOP;
                if self.is_nan() { $key::MAX } else { bits ^ flip }
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                $element::is_nan(self)
            }
        })+
    };
}

floats!(f32 as u32 / i32, f64 as u64 / i64);

/// Elements that are only moved.
pub(crate) trait Plain: Copy + Send + Sync + 'static {}

impl Plain for u8 {}
impl Plain for i32 {}
impl Plain for u32 {}
impl Plain for i64 {}
impl Plain for u64 {}
impl Plain for f32 {}
impl Plain for f64 {}

pub(crate) fn view<T: Plain>(bytes: &[u8]) -> &[T] {
    // SAFETY: every pattern of bits is an element of every `Plain` type.
    let (head, elements, tail) = unsafe { bytes.align_to::<T>() };
    assert!(head.is_empty() && tail.is_empty(), "an array is aligned and whole");
    elements
}

pub(crate) fn view_mut<T: Plain>(bytes: &mut [u8]) -> &mut [T] {
    // SAFETY: as in `view`, in both directions.
    let (head, elements, tail) = unsafe { bytes.align_to_mut::<T>() };
    assert!(head.is_empty() && tail.is_empty(), "an array is aligned and whole");
    elements
}

/// `$body` with `$T` the Rust type of elements.
macro_rules! with_element {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::dtype::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::dtype::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::dtype::DType::Int32 => {
                type $T = i32;
                $body
            }
            $crate::dtype::DType::Int64 => {
                type $T = i64;
                $body
            }
            $crate::dtype::DType::Uint8 | $crate::dtype::DType::Bool => {
                type $T = u8;
                $body
            }
        }
    };
}

/// `$body` with `$T` a type of the size of elements that are only moved.
macro_rules! with_word {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype.size() {
            1 => {
                type $T = u8;
                $body
            }
            4 => {
                type $T = u32;
                $body
            }
            _ => {
                type $T = u64;
                $body
            }
        }
    };
}

pub(crate) use {with_element, with_word};

/// Work on fewer elements stays on one thread.
pub(crate) const PARALLEL: usize = 1 << 16;

/// A shape seen from one axis: `outer` blocks of `n` rows of `inner` elements.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Along {
    pub(crate) outer: usize,
    pub(crate) n: usize,
    pub(crate) inner: usize,
}

impl Along {
    pub(crate) fn new(shape: &[usize], axis: usize) -> Self {
        Self { outer: shape[..axis].iter().product(), n: shape[axis], inner: shape[axis + 1..].iter().product() }
    }

    /// Elements of a block.
    pub(crate) fn block(self) -> usize {
        self.n * self.inner
    }

    pub(crate) fn count(self) -> usize {
        self.outer * self.block()
    }
}

/// The indices of a flat position, as a user would write them: `[1, 2]`.
pub(crate) fn position(mut flat: usize, shape: &[usize]) -> String {
    let mut indices = vec![0; shape.len()];
    for (index, &dim) in indices.iter_mut().zip(shape).rev() {
        *index = flat % dim.max(1);
        flat /= dim.max(1);
    }
    format!("{indices:?}")
}

/// The first value outside `[low, high)`, with its flat position.
pub(crate) fn first_outside(bytes: &[u8], dtype: DType, low: i64, high: i64) -> Option<(i64, usize)> {
    fn find<T: Plain + Into<i64>>(values: &[T], low: i64, high: i64) -> Option<(i64, usize)> {
        let outside = |value: T| {
            let value: i64 = value.into();
            (value < low) | (value >= high)
        };
        // Without an early exit the check is vectorized; the position is wanted only when it fails.
        if values.iter().fold(false, |any, &value| any | outside(value)) {
            let at = values.iter().position(|&value| outside(value))?;
            return Some((values[at].into(), at));
        }
        None
    }
    match dtype {
        DType::Int32 => find(view::<i32>(bytes), low, high),
        DType::Int64 => find(view::<i64>(bytes), low, high),
        DType::Uint8 | DType::Bool => find(view::<u8>(bytes), low, high),
        DType::Float32 | DType::Float64 => unreachable!("indices are integers"),
    }
}

/// Integers as indices that were checked to be in range.
pub(crate) fn indices(bytes: &[u8], dtype: DType) -> Vec<usize> {
    match dtype {
        DType::Int32 => view::<i32>(bytes).iter().map(|&index| index as usize).collect(),
        DType::Int64 => view::<i64>(bytes).iter().map(|&index| index as usize).collect(),
        DType::Uint8 | DType::Bool => bytes.iter().map(|&index| usize::from(index)).collect(),
        DType::Float32 | DType::Float64 => unreachable!("indices are integers"),
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{Plain, view_mut};
    use crate::dtype::DType;
    use crate::kernels::data::{Array, ArrayMut, Kernel};

    /// An array that owns its elements.
    #[derive(Debug, Clone)]
    pub(crate) struct Owned {
        words: Vec<u64>,
        shape: Vec<usize>,
        dtype: DType,
    }

    impl Owned {
        pub(crate) fn zeros(shape: &[usize], dtype: DType) -> Self {
            let bytes = shape.iter().product::<usize>() * dtype.size();
            Self { words: vec![0; bytes.div_ceil(8)], shape: shape.to_vec(), dtype }
        }

        pub(crate) fn new<T: Plain>(values: &[T], shape: &[usize], dtype: DType) -> Self {
            let mut array = Self::zeros(shape, dtype);
            view_mut::<T>(array.bytes_mut()).copy_from_slice(values);
            array
        }

        fn len(&self) -> usize {
            self.shape.iter().product::<usize>() * self.dtype.size()
        }

        pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
            let len = self.len();
            &mut view_bytes_mut(&mut self.words)[..len]
        }

        pub(crate) fn values<T: Plain>(&self) -> Vec<T> {
            let mut copy = self.clone();
            view_mut::<T>(copy.bytes_mut()).to_vec()
        }
    }

    fn view_bytes_mut(words: &mut [u64]) -> &mut [u8] {
        // SAFETY: bytes have no alignment and no forbidden patterns.
        unsafe { words.align_to_mut::<u8>().1 }
    }

    /// Run `kernel` into a new array.
    pub(crate) fn run(kernel: &dyn Kernel, inputs: &[&Owned], shape: &[usize], dtype: DType) -> Result<Owned, String> {
        let mut copies: Vec<Owned> = inputs.iter().map(|&input| input.clone()).collect();
        let arrays: Vec<Array<'_>> = copies
            .iter_mut()
            .map(|input| {
                let len = input.len();
                let Owned { words, shape, dtype } = input;
                Array { bytes: &view_bytes_mut(words)[..len], shape, dtype: *dtype }
            })
            .collect();
        let mut output = Owned::zeros(shape, dtype);
        kernel.run(&arrays, &mut ArrayMut { bytes: output.bytes_mut(), shape, dtype })?;
        Ok(output)
    }
}
