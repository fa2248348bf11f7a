//! Where a value's elements lie in the memory of another.

use crate::ops::View;
use crate::shape::Shape;

/// Dimensions, and for each the distance between neighbours, in elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Layout {
    pub dims: Vec<usize>,
    pub strides: Vec<isize>,
    pub offset: isize,
}

impl Layout {
    pub fn contiguous(shape: &Shape) -> Self {
        Self { dims: shape.0.clone(), strides: shape.strides(), offset: 0 }
    }

    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        self.count() == 0
            || self.dims.iter().zip(&self.strides).rev().all(|(&dim, &stride)| {
                let fits = dim == 1 || stride == expected;
                expected *= dim as isize;
                fits
            })
    }

    pub fn broadcast(&self, shape: &Shape) -> Self {
        let lead = shape.rank() - self.dims.len();
        let strides = (0..shape.rank()).map(|axis| {
            if axis < lead || self.dims[axis - lead] != shape.0[axis] { 0 } else { self.strides[axis - lead] }
        });
        Self { dims: shape.0.clone(), strides: strides.collect(), offset: self.offset }
    }

    /// The layout behind a view, or None where the elements would have to move.
    pub fn view(&self, view: &View, shape: &Shape) -> Option<Self> {
        let mut seen = self.clone();
        match view {
            View::Same => {}
            View::Reshape => return self.reshape(shape),
            View::Transpose(permutation) => {
                seen.dims = permutation.iter().map(|&axis| self.dims[axis]).collect();
                seen.strides = permutation.iter().map(|&axis| self.strides[axis]).collect();
            }
            View::Broadcast => return Some(self.broadcast(shape)),
            View::Flip(axes) => {
                for &axis in axes {
                    seen.offset += (self.dims[axis] as isize - 1).max(0) * self.strides[axis];
                    seen.strides[axis] = -self.strides[axis];
                }
            }
            View::Slice { start, step } => {
                for axis in 0..self.dims.len() {
                    seen.offset += start[axis] as isize * self.strides[axis];
                    seen.strides[axis] *= step[axis] as isize;
                }
                seen.dims.clone_from(&shape.0);
            }
        }
        Some(seen)
    }

    fn reshape(&self, shape: &Shape) -> Option<Self> {
        if self.is_contiguous() {
            return Some(Self { offset: self.offset, ..Self::contiguous(shape) });
        }
        // Runs of dimensions of equal size on both sides; within a run the old strides must be row-major.
        let old: Vec<(usize, isize)> =
            self.dims.iter().copied().zip(self.strides.iter().copied()).filter(|&(dim, _)| dim != 1).collect();
        let mut strides = vec![0; shape.rank()];
        let (mut i, mut j) = (0, 0);
        while i < old.len() && j < shape.rank() {
            let (first, from) = (i, j);
            let (mut left, mut right) = (old[i].0, shape.0[j]);
            while left != right {
                if left < right {
                    i += 1;
                    left *= old.get(i)?.0;
                } else {
                    j += 1;
                    right *= shape.0.get(j)?;
                }
            }
            if (first..i).any(|k| old[k].1 != old[k + 1].1 * old[k + 1].0 as isize) {
                return None;
            }
            let mut stride = old[i].1;
            for axis in (from..=j).rev() {
                strides[axis] = stride;
                stride *= shape.0[axis] as isize;
            }
            i += 1;
            j += 1;
        }
        Some(Self { dims: shape.0.clone(), strides, offset: self.offset })
    }

    /// Without dimensions of size one.
    pub fn squeezed(&self) -> Self {
        let kept = self.dims.iter().zip(&self.strides).filter(|&(&dim, _)| dim != 1);
        let (dims, strides) = kept.unzip();
        Self { dims, strides, offset: self.offset }
    }

    /// Neighbouring dimensions that lie in one line become one.
    pub fn collapsed(&self) -> Self {
        let mut merged = Self { dims: Vec::new(), strides: Vec::new(), offset: self.offset };
        for (dim, stride) in self.dims.iter().copied().zip(self.strides.iter().copied()).filter(|&(dim, _)| dim != 1) {
            match (merged.dims.last_mut(), merged.strides.last_mut()) {
                (Some(last), Some(step)) if *step == stride * dim as isize => {
                    *last *= dim;
                    *step = stride;
                }
                _ => {
                    merged.dims.push(dim);
                    merged.strides.push(stride);
                }
            }
        }
        merged
    }

    pub fn permuted(&self, permutation: &[usize]) -> Self {
        Self {
            dims: permutation.iter().map(|&axis| self.dims[axis]).collect(),
            strides: permutation.iter().map(|&axis| self.strides[axis]).collect(),
            offset: self.offset,
        }
    }
}
