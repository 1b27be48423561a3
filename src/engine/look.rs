//! Before the run: asks the sources for the files that new records would carry.
//!
//! Rows that were written before are not among them, so that a later run asks only for what is new.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::error::EngineError;
use super::session::Session;
use crate::plan::{Look, WantedFile, is_own};
use crate::source::{Reader, SourceError};
use crate::spec::Pipeline;

/// Files asked for at once; the source's pace holds beside it.
const ASKED_AT_ONCE: usize = 8;

/// What the sources say of each of these files, in order.
pub(super) async fn look_at<C>(
    session: &Session<'_, C>,
    wanted: &[WantedFile],
) -> Result<Vec<Look>, EngineError> {
    let objects = &session.pipeline.objects;
    let places: Vec<_> =
        wanted.iter().map(|file| (objects[file.object].table, file.from.as_str())).collect();
    look_at_files(session, &places).await
}

/// What the sources say of files, each given as its table and its path or address, in order; a file
/// of several rows is asked for once.
pub(super) async fn look_at_files<C>(
    session: &Session<'_, C>,
    wanted: &[(usize, &str)],
) -> Result<Vec<Look>, EngineError> {
    let pipeline = &*session.pipeline;
    let place = |(table, from): (usize, &'_ str)| (pipeline.tables[table].source, from.to_owned());
    let mut places: HashMap<(usize, String), usize> = HashMap::new();
    let mut asked = Vec::new();
    for &(table, from) in wanted {
        places.entry(place((table, from))).or_insert_with(|| {
            asked.push((pipeline.tables[table].source, from));
            asked.len() - 1
        });
    }
    if !asked.is_empty() {
        session.watch.note(&format!("asking for {} attached files", asked.len()));
    }
    let looks: Vec<Look> = stream::iter(asked)
        .map(|(source, from)| async move {
            if session.watch.stopping() {
                return Err(EngineError::Interrupted);
            }
            Ok(look(pipeline, &session.readers[source], (source, from)).await?)
        })
        .buffered(ASKED_AT_ONCE)
        .try_collect()
        .await?;
    Ok(wanted.iter().map(|file| looks[places[&place(*file)]].clone()).collect())
}

async fn look(
    pipeline: &Pipeline,
    reader: &Reader,
    (source, from): (usize, &str),
) -> Result<Look, SourceError> {
    match reader.size_of(from).await {
        Ok(Some(bytes)) => Ok(Look::Size(bytes)),
        Err(error) if is_final(&error) => lost((pipeline, source), from, error),
        // Some hosts, and most signed addresses, answer only to the question for the content itself.
        Ok(None) | Err(_) => match reader.download(from, &mut tokio::io::sink(), 0).await {
            Ok(_) => Ok(Look::Size(0)),
            Err(SourceError::TooLarge { .. }) => Ok(Look::Unknown),
            Err(error) => lost((pipeline, source), from, error),
        },
    }
}

/// Whether asking otherwise changes nothing.
const fn is_final(error: &SourceError) -> bool {
    matches!(
        error,
        SourceError::NotFound { .. }
            | SourceError::MissingFile { .. }
            | SourceError::Unreadable { .. }
            | SourceError::Outside { .. }
            | SourceError::Private { .. }
    )
}

/// Why a file cannot be had. The silence of the source itself ends the run: it says nothing about
/// the file.
pub(super) fn lost(
    (pipeline, source): (&Pipeline, usize),
    from: &str,
    error: SourceError,
) -> Result<Look, SourceError> {
    let silent = matches!(error, SourceError::Unwilling { .. } | SourceError::Client { .. });
    if silent && is_own(pipeline, source, from) {
        return Err(error);
    }
    if matches!(error, SourceError::Outside { .. } | SourceError::Private { .. }) {
        return Ok(Look::Refused(error.to_string()));
    }
    Ok(Look::Missing(if let SourceError::MissingFile { .. } = error {
        format!("`{from}` is not in the folder of source `{}`", pipeline.sources[source].name)
    } else if let SourceError::Unreadable { source, .. } = error {
        format!("`{from}` cannot be read: {source}")
    } else {
        error.to_string()
    }))
}
