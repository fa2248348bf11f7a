//! What instructions read and write: how often a plan passes over its arrays.

use super::gemm::Batch;
use super::machine::{Instruction, Machine};
use super::program::{Program, Slot, Walk};

/// An instruction's name, and how many bytes of each array it reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traffic {
    pub name: String,
    pub reads: Vec<usize>,
    pub writes: Vec<usize>,
}

impl Machine {
    /// In the order in which they run.
    pub fn traffic(&self) -> Vec<Traffic> {
        self.instructions.iter().map(Instruction::traffic).collect()
    }
}

impl Instruction {
    fn traffic(&self) -> Traffic {
        let (name, reads, writes) = match self {
            Self::Program(program) => ("Program".to_owned(), program.reads(), program.writes()),
            Self::Matmul { batch, dtype, .. } => {
                let gemm = &batch.gemm;
                let a = repeats(batch, &batch.a) * gemm.m * gemm.k * dtype.size();
                let b = repeats(batch, &batch.b) * gemm.k * gemm.n * dtype.size();
                ("Matmul".to_owned(), vec![a, b], vec![batch.count() * gemm.m * gemm.n * dtype.size()])
            }
            Self::Kernel { kernel, inputs, output } => {
                let shown = format!("{kernel:?}");
                let name = shown.split(|letter: char| !letter.is_alphanumeric()).next().unwrap_or_default();
                let reads = inputs.iter().map(|(_, spec)| spec.bytes()).collect();
                (name.to_owned(), reads, vec![output.1.bytes()])
            }
            Self::Copy { bytes, .. } => ("Copy".to_owned(), vec![*bytes], vec![*bytes]),
        };
        Traffic { name, reads, writes }
    }
}

/// Matrices of one side of a batch of products, each counted once.
fn repeats(batch: &Batch, strides: &[isize]) -> usize {
    batch.shape.iter().zip(strides).filter(|&(_, &stride)| stride != 0).map(|(&dim, _)| dim).product()
}

impl Program {
    fn is_written(&self, slot: usize) -> bool {
        self.instructions.iter().any(|instruction| instruction.target == slot)
    }

    fn bytes(&self, slot: usize) -> Option<usize> {
        let Slot::Memory { walk, size, .. } = &self.slots[slot] else { return None };
        let elements = match walk {
            Walk::Contiguous => self.count,
            Walk::Scalar => 1,
            Walk::Row => self.inner,
            Walk::Strided { dims, strides } => {
                dims.iter().zip(strides).filter(|&(_, &stride)| stride != 0).map(|(&dim, _)| dim).product()
            }
        };
        Some(elements * size)
    }

    fn reads(&self) -> Vec<usize> {
        let slots = (0..self.slots.len()).filter(|&slot| !self.is_written(slot));
        slots.filter_map(|slot| self.bytes(slot)).collect()
    }

    fn writes(&self) -> Vec<usize> {
        let slots = (0..self.slots.len()).filter(|&slot| self.is_written(slot));
        let folded = self.closings.iter().map(|closing| closing.length * closing.size);
        slots.filter_map(|slot| self.bytes(slot)).chain(folded).collect()
    }
}
