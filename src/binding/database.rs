//! SQLite databases of others, for the command that copies sessions.

use std::path::Path;
use std::rc::Rc;

use napi::bindgen_prelude::*;
use napi_derive::napi;

use super::sqlite::failure;
use super::text::Text;
use crate::engines::sqlite::database::{Access, Database, Value};

type Given = Either3<String, f64, Null>;
type Found = Either4<Text, f64, Buffer, Null>;

/// Opens a SQLite database: to read, or with `writes` to write, when the file is made if it does not exist. An error has a
/// code in its first line.
#[napi(catch_unwind)]
pub fn open_database(file: String, writes: bool) -> Result<External<Rc<Database>>> {
    let path = Path::new(&file);
    let access = if writes { Access::Write } else { Access::Read };
    let database = Database::open(path, access).map_err(|error| failure(&error, path))?;
    Ok(External::new(Rc::new(database)))
}

/// Runs a statement, and gives the values of all its rows, one row after the other.
#[napi(
    catch_unwind,
    ts_args_type = "database: ExternalObject<Database>, sql: string, params: (string | number | null)[]",
    ts_return_type = "(string | number | Buffer | null)[]"
)]
pub fn query_database(
    database: &External<Rc<Database>>,
    sql: String,
    params: Vec<Given>,
) -> Result<Vec<Found>> {
    let params: Vec<Value> = params
        .into_iter()
        .map(|param| match param {
            Either3::A(text) => Value::Text(text.into_bytes()),
            Either3::B(number) => Value::Number(number),
            Either3::C(Null) => Value::Null,
        })
        .collect();
    let values = database.query(&sql, &params).map_err(|error| failure(&error, database.file()))?;
    Ok(values.into_iter().map(found).collect())
}

fn found(value: Value) -> Found {
    match value {
        Value::Null => Either4::D(Null),
        Value::Number(number) => Either4::B(number),
        Value::Text(bytes) => Either4::A(Text::from_utf8(bytes)),
        Value::Blob(bytes) => Either4::C(bytes.into()),
    }
}

/// Closes a database.
#[napi(catch_unwind)]
pub fn close_database(database: &External<Rc<Database>>) {
    database.close();
}
