//! Graphs of operations: built, differentiated, planned and run.

mod again;
pub mod build;
mod checks;
mod emit;
mod engine;
mod fuse;
mod grad;
mod layout;
mod lower;
pub mod plan;
pub mod run;
pub mod scan;

pub use build::Graph;
pub use plan::Plan;
