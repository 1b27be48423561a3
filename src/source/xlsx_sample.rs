//! Small XLSX files, written as Excel writes them, for the tests of this room.

use super::zip_sample::zip;

/// Styles of cells: 1 is a date, 2 a date with its time, 3 `[h]:mm:ss`, 4 a time.
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="46"/><xf numFmtId="20"/></cellXfs>
</styleSheet>"#;

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const PARTS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// A file of those sheets, named, each with the XML of its rows; a name that begins with `-` makes a
/// hidden sheet.
pub(super) fn xlsx(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut list = Vec::new();
    let mut links = Vec::new();
    let mut parts = Vec::new();
    for (number, (name, rows)) in (1..).zip(sheets) {
        let state = if name.starts_with('-') { "hidden" } else { "visible" };
        list.push(format!(
            r#"<sheet name="{name}" sheetId="{number}" state="{state}" r:id="rId{number}"/>"#
        ));
        links.push(format!(
            r#"<Relationship Id="rId{number}" Type="{LINKS}/worksheet" Target="worksheets/sheet{number}.xml"/>"#
        ));
        let sheet =
            format!(r#"<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>"#);
        parts.push((format!("xl/worksheets/sheet{number}.xml"), sheet));
    }
    links.push(format!(r#"<Relationship Id="rS" Type="{LINKS}/styles" Target="styles.xml"/>"#));
    let (list, links) = (list.concat(), links.concat());
    let top = format!(
        r#"<Relationships xmlns="{PARTS}"><Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>"#
    );
    let book =
        format!(r#"<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{list}</sheets></workbook>"#);
    let links = format!(r#"<Relationships xmlns="{PARTS}">{links}</Relationships>"#);
    parts.extend([
        ("_rels/.rels".to_owned(), top),
        ("xl/workbook.xml".to_owned(), book),
        ("xl/_rels/workbook.xml.rels".to_owned(), links),
        ("xl/styles.xml".to_owned(), STYLES.to_owned()),
    ]);
    let entries: Vec<_> =
        parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zip(&entries)
}

/// A row of cells, each `text` or the XML of a whole cell.
pub(super) fn row(number: usize, cells: &[&str]) -> String {
    let cell = |(column, cell): (char, &&str)| match cell.strip_prefix("<c") {
        Some(rest) => format!(r#"<c r="{column}{number}"{rest}"#),
        None if cell.is_empty() => String::new(),
        None => format!(r#"<c r="{column}{number}" t="inlineStr"><is><t>{cell}</t></is></c>"#),
    };
    let cells: Vec<String> = ('A'..).zip(cells).map(cell).collect();
    format!(r#"<row r="{number}">{}</row>"#, cells.concat())
}
