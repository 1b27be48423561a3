//! Lists over HTTP: page after page, account after account, parent after parent.

use serde_json::Value;

use super::address;
use super::body::Beyond;
use super::cursor::{Cursor, RestMark};
use super::error::SourceError;
use super::page::{Page, RowFault, TableState};
use super::question::{Question, Reply, ask, hash};
use super::reader::{Reader, Rest};
use super::shape::Shaper;
use crate::spec::Table;

/// The page at `cursor`.
pub(super) async fn page(
    reader: &Reader,
    rest: &Rest,
    (table, parents): (&Table, &[String]),
    cursor: Option<&Cursor>,
) -> Result<TableState, SourceError> {
    let mark: RestMark = match cursor {
        Some(cursor) => cursor.mark(&table.name)?,
        None => RestMark::default(),
    };
    let parent = parents.get(mark.parent).filter(|_| table.parent.is_some());
    let lost = || SourceError::Cursor { table: table.name.clone() };
    let account = rest.accounts.get(mark.account).ok_or_else(lost)?;
    if mark.of.is_some() && mark.of.as_ref() != parent {
        return Err(lost());
    }
    let url = match (&table.parent, parent) {
        (Some(_), None) => return Ok(leaf(cursor, None, Vec::new())),
        (None | Some(_), parent) => {
            address::below(&rest.base, &table.path, parent.map(String::as_str))
        }
    };
    let Some(url) = url else {
        let value = parent.map_or("", String::as_str);
        let detail = "this value cannot stand in an address; its rows are not read";
        let fault = RowFault::new(&table.path, "no_such_parent", value, detail);
        let next = next_parent(&mark, parents);
        return Ok(leaf(cursor, next, vec![fault]));
    };
    let question = Question { table, parents, parent, mark, url, account };
    match ask(reader, rest, &question).await? {
        Reply::Rows(rows, beyond) => shaped(reader, rest, &question, (rows, beyond), cursor),
        Reply::Repeated => Ok(leaf(cursor, next_account(rest, &question), Vec::new())),
        Reply::Absent(status) => Ok(absent(rest, &question, status, cursor)),
    }
}

fn shaped(
    reader: &Reader,
    rest: &Rest,
    question: &Question<'_>,
    (items, beyond): (Vec<Value>, Beyond),
    cursor: Option<&Cursor>,
) -> Result<TableState, SourceError> {
    let (count, body_hash) = (items.len(), hash(&items));
    let next = next_page(rest, question, (count, beyond), body_hash);
    let path = question.url.path();
    let mut shaper = Shaper::new(question.table, &reader.nulls, path);
    let whom = question.account.shown();
    for (number, mut item) in items.into_iter().enumerate() {
        name_parent(question, &mut item);
        let place = format!("{path} page {} row {}{whom}", question.mark.page, number + 1);
        shaper.push_value(place, item)?;
    }
    if let Some(fault) = fewer_than_said(question, (count, beyond), next.as_ref()) {
        shaper.faults.push(fault);
    }
    let (rows, faults) = shaper.finish();
    let next = next.or_else(|| next_account(rest, &seen(question)));
    let (cursor, body_hash) = (cursor.cloned(), *body_hash.as_bytes());
    Ok(TableState::Page(Page { cursor, next, body_hash, rows, faults }))
}

/// A list that ends before the count that the host itself gives is remarked.
fn fewer_than_said(
    question: &Question<'_>,
    (count, beyond): (usize, Beyond),
    next: Option<&Cursor>,
) -> Option<RowFault> {
    let (Beyond::Total(total), None) = (beyond, next) else { return None };
    let read = question.mark.read + count;
    let detail = format!("the source says that it has {total} rows here, but gives {read}");
    let place = question.url.path();
    let fault = || RowFault::new(place, "count_differs", &total.to_string(), &detail);
    ((read as u64) < total).then(fault)
}

/// A row of `/groups/5/contacts` that does not say its group gets it from the path.
fn name_parent(question: &Question<'_>, item: &mut Value) {
    let (Some((parent, _)), Value::Object(row)) = (&question.table.parent, item) else { return };
    let mut links = question.table.links.iter().filter(|link| link.table == *parent);
    let (Some(link), None) = (links.next(), links.next()) else { return };
    let Some(value) = question.parent else { return };
    let named = |shown: &String| *super::shape::column(question.table, shown).name == *link.column;
    if !row.keys().any(named) {
        row.insert(link.column.clone(), value.as_str().into());
    }
}

fn seen<'a>(question: &Question<'a>) -> Question<'a> {
    let mark = RestMark { seen: true, any: true, ..question.mark.clone() };
    Question { mark, url: question.url.clone(), ..*question }
}

/// The next page of the same list, unless this one was the last.
fn next_page(
    rest: &Rest,
    question: &Question<'_>,
    (count, beyond): (usize, Beyond),
    body_hash: blake3::Hash,
) -> Option<Cursor> {
    let size = rest.paging.as_ref()?.size;
    let mark = &question.mark;
    let read = mark.read + count;
    let said = match beyond {
        Beyond::Unsaid => false,
        Beyond::More => true,
        Beyond::Total(total) => (read as u64) < total,
    };
    let more = count > 0 && (said || count >= size || looks_capped(count));
    more.then(|| {
        Cursor::of(&RestMark {
            page: mark.page + 1,
            read,
            last: Some(body_hash.to_string()),
            odd: count != size,
            of: question.parent.cloned(),
            seen: true,
            any: true,
            ..mark.clone()
        })
    })
}

/// A page may be short because the host gives fewer rows than asked for. Such caps are round
/// numbers; asking once more costs one request, believing it would lose the rest of the table.
const fn looks_capped(count: usize) -> bool {
    count.is_multiple_of(5) || (count >= 16 && count.is_power_of_two())
}

/// The same list as the next account sees it, else the next parent's.
fn next_account(rest: &Rest, question: &Question<'_>) -> Option<Cursor> {
    let mark = &question.mark;
    if mark.account + 1 < rest.accounts.len() {
        let mark = RestMark {
            account: mark.account + 1,
            parent: mark.parent,
            of: question.parent.cloned(),
            seen: mark.seen,
            any: mark.any,
            ..RestMark::default()
        };
        return Some(Cursor::of(&mark));
    }
    question.table.parent.as_ref()?;
    next_parent(mark, question.parents)
}

fn next_parent(mark: &RestMark, parents: &[String]) -> Option<Cursor> {
    let parent = mark.parent + 1;
    let of = Some(parents.get(parent)?.clone());
    Some(Cursor::of(&RestMark { parent, of, any: mark.any, ..RestMark::default() }))
}

/// No such list for this account: perhaps for the next one, perhaps for another parent.
fn absent(
    rest: &Rest,
    question: &Question<'_>,
    status: u16,
    cursor: Option<&Cursor>,
) -> TableState {
    let Question { table, parent, mark, account, .. } = question;
    let next = next_account(rest, question);
    if next.is_none() && !mark.any {
        return TableState::NotLicensed { status };
    }
    let last_account = mark.account + 1 == rest.accounts.len();
    let path = question.url.path();
    let fault = match (&table.parent, parent) {
        (Some(_), Some(parent)) if last_account && !mark.seen => {
            let detail = format!("the source has nothing there (HTTP {status})");
            Some(RowFault::new(path, "no_such_parent", parent, &detail))
        }
        (None, _) if rest.accounts.len() > 1 => {
            let detail = format!("this account may not read the table (HTTP {status})");
            Some(RowFault::new(path, "not_allowed", account.shown().trim_start(), &detail))
        }
        (None | Some(_), _) => None,
    };
    leaf(cursor, next, fault.into_iter().collect())
}

/// A page without rows.
fn leaf(cursor: Option<&Cursor>, next: Option<Cursor>, faults: Vec<RowFault>) -> TableState {
    let body_hash = *hash(&[]).as_bytes();
    TableState::Page(Page { cursor: cursor.cloned(), next, body_hash, rows: Vec::new(), faults })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use axum::extract::{Path, Query};
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::get;
    use axum::{Json, Router};
    use serde_json::json;

    use super::*;
    use crate::source::sample::{paging, read, serve, table};
    use crate::spec::{Auth, TableLink};

    type Asked = Query<HashMap<String, String>>;

    /// Rows of ids `from..=to` on pages of `size`.
    fn rows(asked: &Asked, to: usize, size: usize) -> Json<Value> {
        let page: usize = asked["page"].parse().unwrap();
        let ids = ((page - 1) * size + 1)..=(page * size).min(to);
        Json(json!({"page": page, "data": ids.map(|id| json!({"id": id})).collect::<Vec<_>>()}))
    }

    async fn count(to: usize, size: usize) -> usize {
        let router =
            Router::new().route("/contacts", get(async move |asked: Asked| rows(&asked, to, size)));
        let reader = serve(router, Auth::None, paging(20)).await;
        let read = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap();
        read.rows.len()
    }

    #[tokio::test]
    async fn every_page_is_read_whatever_the_last_one_looks_like() {
        assert_eq!(count(47, 20).await, 47);
        assert_eq!(count(40, 20).await, 40);
        assert_eq!(count(0, 20).await, 0);
    }

    #[tokio::test]
    async fn a_host_that_gives_smaller_pages_than_asked_for_loses_no_rows() {
        assert_eq!(count(47, 10).await, 47);
    }

    #[tokio::test]
    async fn a_full_page_that_comes_twice_stops_the_reading() {
        let same = || async { Json(json!({"data": [{"id": 1}, {"id": 2}]})) };
        let router = Router::new().route("/contacts", get(same));
        let reader = serve(router, Auth::None, paging(2)).await;
        let error = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap_err();
        assert!(matches!(error, SourceError::Repeated { page: 2, .. }), "{error:?}");
        assert!(error.is_unwilling());
    }

    #[tokio::test]
    async fn a_host_that_does_not_page_gives_its_rows_once() {
        let all = || async {
            Json(json!({"data": (1..=5).map(|id| json!({"id": id})).collect::<Vec<_>>()}))
        };
        let reader =
            serve(Router::new().route("/contacts", get(all)), Auth::None, paging(200)).await;
        let read = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap();
        assert_eq!(read.keys(), ["1", "2", "3", "4", "5"]);
    }

    #[tokio::test]
    async fn a_list_that_ends_before_the_count_it_gives_is_remarked() {
        let some = async |asked: Asked| {
            let Json(mut body) = rows(&asked, 3, 20);
            body["total"] = json!(4);
            Json(body)
        };
        let reader =
            serve(Router::new().route("/contacts", get(some)), Auth::None, paging(20)).await;
        let read = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap();
        assert_eq!((read.rows.len(), read.pages), (3, 2));
        assert_eq!(read.codes(), ["/contacts: count_differs"]);
    }

    #[tokio::test]
    async fn reading_goes_on_at_the_cursor_after_a_kill() {
        let router =
            Router::new().route("/contacts", get(async |asked: Asked| rows(&asked, 45, 20)));
        let reader = serve(router, Auth::None, paging(20)).await;
        let contacts = table("contacts", "/contacts", "id");
        let TableState::Page(first) = reader.page(&contacts, &[], None).await.unwrap() else {
            panic!("no page")
        };
        let kept = Cursor(first.next.unwrap().0);
        let TableState::Page(second) = reader.page(&contacts, &[], Some(&kept)).await.unwrap()
        else {
            panic!("no page")
        };
        assert_eq!(&*second.rows[0].key, "21");
        assert_eq!(&*second.rows[0].place, "/contacts page 2 row 1");
        assert_eq!(second.cursor, Some(kept));
    }

    #[tokio::test]
    async fn a_table_that_is_not_there_is_not_licensed() {
        for status in [404, 403] {
            let code = StatusCode::from_u16(status).unwrap();
            let router = Router::new().route("/drips", get(async move || code));
            let reader = serve(router, Auth::None, paging(20)).await;
            let answer = reader.page(&table("drips", "/drips", "id"), &[], None).await.unwrap();
            assert!(matches!(answer, TableState::NotLicensed { status: said } if said == status));
        }
    }

    fn memberships() -> Table {
        let mut table = table("memberships", "/groups/{groups.id}/contacts", "id");
        table.parent = Some((3, "id".into()));
        table.links = vec![TableLink { column: "group_id".into(), table: 3, word: "group".into() }];
        table
    }

    #[tokio::test]
    async fn children_are_read_parent_by_parent_and_a_parent_without_any_is_remarked() {
        let children = async |Path(group): Path<String>| match group.as_str() {
            "6" => Err(StatusCode::NOT_FOUND),
            "7" => Ok(Json(json!({"data": []}))),
            _ => Ok(Json(json!({"data": [{"id": format!("m{group}")}]}))),
        };
        let router = Router::new().route("/groups/{group}/contacts", get(children));
        let reader = serve(router, Auth::None, paging(20)).await;
        let read = read(&reader, &memberships(), &["5", "6", "7", "8"]).await.unwrap();
        assert_eq!(read.keys(), ["m5", "m8"]);
        assert_eq!(read.rows[0].get("group_id"), "5", "named by the path alone");
        assert_eq!(read.codes(), ["/groups/6/contacts: no_such_parent"]);
        assert_eq!(read.pages, 4);
    }

    #[tokio::test]
    async fn a_table_without_parents_is_empty_and_one_that_none_of_them_has_is_not_licensed() {
        let router = Router::new();
        let reader = serve(router, Auth::None, paging(20)).await;
        assert!(read(&reader, &memberships(), &[]).await.unwrap().rows.is_empty());
        let parents = ["5".to_owned()];
        let answer = reader.page(&memberships(), &parents, None).await.unwrap();
        assert!(matches!(answer, TableState::NotLicensed { status: 404 }));
    }

    /// Bob may not read the contacts; Ann and Cy have one each.
    async fn own_contacts(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
        let users = [("YW5uOngx", "ann"), ("Ym9iOngy", "bob"), ("Y3k6eDM=", "cy")];
        let said = headers["authorization"].to_str().unwrap();
        let (_, user) = users.iter().find(|(key, _)| said.ends_with(key)).unwrap();
        if *user == "bob" {
            return Err(StatusCode::FORBIDDEN);
        }
        Ok(Json(json!([{"contact_id": format!("{user}-1"), "contact_name": "N/A"}])))
    }

    #[tokio::test]
    async fn every_account_reads_the_table_with_its_own_login() {
        let auth = Auth::Accounts("ann,x1\nbob,x2\ncy,x3".into());
        let reader =
            serve(Router::new().route("/contacts.json", get(own_contacts)), auth, None).await;
        let mut contacts = table("contacts", "/contacts.json", "id");
        contacts.rename.insert("contact_id".into(), "id".into());
        contacts.rename.insert("contact_name".into(), "name".into());
        let read = read(&reader, &contacts, &[]).await.unwrap();
        assert_eq!(read.keys(), ["ann-1", "cy-1"]);
        assert_eq!(read.rows[0].get("name"), &Value::Null, "what the spec calls nothing");
        assert_eq!(&*read.rows[0].header.columns()[1].shown, "contact_name");
        assert_eq!(&*read.rows[1].place, "/contacts.json page 1 row 1 as cy");
        assert_eq!(read.codes(), ["/contacts.json: not_allowed"]);
    }

    #[tokio::test]
    async fn rows_without_a_key_are_left_out_and_the_others_go_on() {
        let some = || async { Json(json!({"data": [{"id": "", "name": "x"}, 7, {"id": 2}]})) };
        let reader =
            serve(Router::new().route("/contacts", get(some)), Auth::None, paging(20)).await;
        let read = read(&reader, &table("contacts", "/contacts", "id"), &[]).await.unwrap();
        assert_eq!(read.keys(), ["2"]);
        assert_eq!(
            read.codes(),
            ["/contacts page 1 row 1: no_key", "/contacts page 1 row 2: not_a_row"]
        );
    }
}
