//! CPU kernels: plain functions over memory that know neither burn, nor graphs, nor Python.

pub mod arg;
pub mod attention;
pub mod conv;
pub mod data;
pub mod denormal;
pub mod gather;
pub mod gemm;
pub mod index;
pub mod iota;
mod isa;
mod lanes;
pub mod looped;
pub mod machine;
pub mod map;
pub mod memory;
pub mod pad;
pub mod pool;
pub mod program;
pub mod random;
pub mod recurrent;
pub mod scan;
pub mod segment;
pub mod sort;
pub mod traffic;
mod typed;
