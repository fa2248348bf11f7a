//! A database that never opens.
//!
//! burn keeps what it compiled for a GPU, and what it measured, in an SQL database: a tenth of the library's size and
//! of its build, and a C compiler's headers besides. Where the database does not open, burn keeps these things in
//! memory, and keraburn (`src/device/kept.rs`) in a file. So nothing here can exist but the error.

use std::convert::Infallible;
use std::fmt;
use std::io::ErrorKind;
use std::ops::Deref;
use std::time::Duration;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    Busy(String),
    BusySnapshot(String),
    IoError(ErrorKind, &'static str),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(why) | Self::BusySnapshot(why) => f.write_str(why),
            Self::IoError(kind, doing) => write!(f, "{doing}: {kind}"),
        }
    }
}

impl std::error::Error for Error {}

#[derive(Debug)]
pub struct Builder;

impl Builder {
    pub fn new_local(_path: &str) -> Self {
        Self
    }

    pub fn read_only(self, _yes: bool) -> Self {
        self
    }

    pub fn experimental_multiprocess_wal(self, _yes: bool) -> Self {
        self
    }

    pub fn experimental_vacuum(self, _yes: bool) -> Self {
        self
    }

    #[expect(clippy::unused_async, reason = "as its callers await it")]
    pub async fn build(self) -> Result<Database> {
        Err(Error::IoError(ErrorKind::Unsupported, "opening a database in a build without one"))
    }
}

#[derive(Debug)]
pub struct Database(Infallible);

impl Database {
    pub fn connect(&self) -> Result<Connection> {
        match self.0 {}
    }
}

#[derive(Debug)]
pub struct Connection(Infallible);

impl Connection {
    pub fn busy_timeout(&self, _time: Duration) -> Result<()> {
        match self.0 {}
    }

    pub async fn query<P>(&self, _sql: impl AsRef<str>, _parameters: P) -> Result<Rows> {
        match self.0 {}
    }

    pub async fn execute<P>(&self, _sql: impl AsRef<str>, _parameters: P) -> Result<u64> {
        match self.0 {}
    }

    pub async fn pragma_query(&self, _name: &str, _each: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        match self.0 {}
    }

    pub async fn transaction_with_behavior(
        &mut self,
        _behavior: transaction::TransactionBehavior,
    ) -> Result<transaction::Transaction> {
        match self.0 {}
    }
}

#[derive(Debug)]
pub struct Rows(Infallible);

impl Rows {
    pub async fn next(&mut self) -> Result<Option<Row>> {
        match self.0 {}
    }
}

#[derive(Debug)]
pub struct Row(Infallible);

impl Row {
    pub fn get<T>(&self, _column: usize) -> Result<T> {
        match self.0 {}
    }
}

pub mod transaction {
    use super::{Connection, Deref, Infallible, Result};

    #[derive(Debug, Clone, Copy)]
    pub enum TransactionBehavior {
        Deferred,
        Immediate,
    }

    #[derive(Debug)]
    pub struct Transaction(Infallible);

    impl Transaction {
        pub async fn commit(self) -> Result<()> {
            match self.0 {}
        }
    }

    impl Deref for Transaction {
        type Target = Connection;

        fn deref(&self) -> &Connection {
            match self.0 {}
        }
    }
}
