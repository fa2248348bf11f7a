//! Steps over variables, and the loop over batches.

pub mod data;
pub mod run;
pub mod step;
