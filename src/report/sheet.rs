//! A table on its way to a file, row by row: CSV for people, JSON and JSON Lines for programs.

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::guard::guarded;
use crate::spec::ArchiveFormat;

/// A table that is being written.
pub(super) struct Sheet<W: Write> {
    names: Vec<String>,
    form: Form<W>,
}

enum Form<W: Write> {
    /// Guarded against formulas; JSON cells as text.
    Csv(Box<csv::Writer<W>>),
    /// One list of objects, each set out on its lines; whether there was one yet.
    Json(W, bool),
    /// One object a line.
    Lines(W),
}

impl<W: Write> Sheet<W> {
    /// Begins a table with these columns; a document has none and becomes lines.
    pub(super) fn begin(format: &ArchiveFormat, names: Vec<String>, out: W) -> io::Result<Self> {
        let form = match format {
            ArchiveFormat::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(names.iter().map(|name| guarded(name).into_owned()))?;
                Form::Csv(Box::new(writer))
            }
            ArchiveFormat::Json => Form::Json(out, false),
            ArchiveFormat::JsonLines | ArchiveFormat::Document { .. } => Form::Lines(out),
        };
        Ok(Self { names, form })
    }

    /// Writes a row; one that is longer than the header is cut to it.
    pub(super) fn row(&mut self, cells: &[Value]) -> io::Result<()> {
        match &mut self.form {
            Form::Csv(writer) => {
                let cells = (0..self.names.len())
                    .map(|position| cells.get(position).map(text).unwrap_or_default());
                Ok(writer.write_record(cells.map(|cell| guarded(&cell).into_owned()))?)
            }
            Form::Json(out, begun) => {
                out.write_all(if *begun { b",\n" } else { b"[\n" })?;
                *begun = true;
                let set_out = serde_json::to_string_pretty(&object(&self.names, cells))?;
                let lines: Vec<_> = set_out.lines().map(|line| format!("  {line}")).collect();
                out.write_all(lines.join("\n").as_bytes())
            }
            Form::Lines(out) => writeln!(out, "{}", object(&self.names, cells)),
        }
    }

    /// Ends the table.
    pub(super) fn end(self) -> io::Result<()> {
        match self.form {
            Form::Csv(mut writer) => writer.flush(),
            Form::Json(mut out, begun) => out.write_all(if begun { b"\n]\n" } else { b"[]\n" }),
            Form::Lines(mut out) => out.flush(),
        }
    }
}

fn object(names: &[String], row: &[Value]) -> Value {
    let cell = |position: usize| row.get(position).cloned().unwrap_or(Value::Null);
    let entries = names.iter().enumerate().map(|(position, name)| (name.clone(), cell(position)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(format: &ArchiveFormat, rows: &[Vec<Value>]) -> String {
        let mut bytes = Vec::new();
        let names = vec!["id".to_owned(), "=now()".to_owned()];
        let mut sheet = Sheet::begin(format, names, &mut bytes).unwrap();
        for row in rows {
            sheet.row(row).unwrap();
        }
        sheet.end().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_table_for_people_is_guarded_in_its_header_as_well() {
        let rows = [vec![json!("1"), json!("@x, \"y\"")], vec![json!(2), json!({"a": 1})], vec![]];
        let expected = "id,'=now()\n1,\"'@x, \"\"y\"\"\"\n2,\"{\"\"a\"\":1}\"\n,\n";
        assert_eq!(written(&ArchiveFormat::Csv, &rows), expected);
    }

    #[test]
    fn a_list_written_row_by_row_is_one_value() {
        let rows = [vec![json!("a\nb"), json!([1])], vec![json!(null), json!("=1")]];
        let text = written(&ArchiveFormat::Json, &rows);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, json!([{"id": "a\nb", "=now()": [1]}, {"id": null, "=now()": "=1"}]));
        assert_eq!(text.trim_end(), serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(written(&ArchiveFormat::Json, &[]), "[]\n");
        assert_eq!(written(&ArchiveFormat::JsonLines, &rows).lines().count(), 2);
    }
}
