//! A row while its rules are applied: what they need of the world is within reach.

use std::cell::OnceCell;
use std::sync::Arc;

use minijinja::Value;

use crate::ground::Record;
use crate::spec::Pipeline;

use super::atlas::Atlas;
use super::locale::Locale;
use super::page::Page;
use super::remark::Remark;
use super::stock::Stock;
use super::templates::{TemplateId, Templates};
use super::verdict::World;

/// What was compiled for the whole pipeline.
#[derive(Debug)]
pub(super) struct Workshop {
    /// The pipeline.
    pub(super) pipeline: Arc<Pipeline>,
    /// Its tables.
    pub(super) atlas: Arc<Atlas>,
    /// The habits of its sources.
    pub(super) locales: Arc<[Locale]>,
    /// Its templates and expressions.
    pub(super) templates: Templates,
}

/// A row while its rules are applied.
pub(super) struct Scene<'a> {
    /// What was compiled.
    pub(super) workshop: &'a Workshop,
    /// What may be asked.
    pub(super) world: &'a World<'a>,
    /// The row.
    pub(super) record: Arc<Record>,
    /// Its table.
    pub(super) table: usize,
    stock: OnceCell<Arc<Stock>>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(
        workshop: &'a Workshop,
        world: &'a World<'a>,
        table: usize,
        record: &Arc<Record>,
    ) -> Self {
        Self { workshop, world, record: Arc::clone(record), table, stock: OnceCell::new() }
    }

    /// The same for a row of a child table.
    pub(super) fn child(&self, table: usize, record: Arc<Record>) -> Self {
        let stock = OnceCell::from(Arc::clone(self.stock()));
        Self { workshop: self.workshop, world: self.world, record, table, stock }
    }

    /// The habits of the row's source.
    pub(super) fn locale(&self) -> &Locale {
        let locales = &self.workshop.locales;
        locales
            .get(self.record.source)
            .unwrap_or(&locales[self.workshop.pipeline.tables[self.table].source])
    }

    /// Renders a template over the row.
    pub(super) fn render(&self, id: TemplateId) -> Result<String, Remark> {
        let text = self.run(id)?;
        match self.stock().take_timeless().first() {
            Some(timeless) => Err(timeless.remark()),
            None => Ok(text),
        }
    }

    /// Whether a condition is true of the row; a row that has no time to compare is not meant.
    pub(super) fn holds(&self, id: TemplateId) -> Result<bool, Remark> {
        let text = self.run(id)?;
        let timeless = self.stock().take_timeless();
        match timeless.iter().find(|timeless| !timeless.is_empty()) {
            Some(unreadable) => Err(unreadable.remark()),
            None => Ok(!text.is_empty() && timeless.is_empty()),
        }
    }

    fn run(&self, id: TemplateId) -> Result<String, Remark> {
        let templates = &self.workshop.templates;
        let stock = self.stock();
        let page = Page {
            record: Arc::clone(&self.record),
            table: self.table,
            stock: Arc::clone(stock),
            habit: Arc::clone(templates.habit(id)),
        };
        templates.render(id, &Value::from_object(page), stock, self.world)
    }

    /// What conversions to text left behind since the last call.
    pub(super) fn take_lost(&self) -> Vec<String> {
        self.stock.get().map(|stock| stock.take_lost()).unwrap_or_default()
    }

    fn stock(&self) -> &Arc<Stock> {
        let Workshop { atlas, locales, .. } = self.workshop;
        self.stock.get_or_init(|| Arc::new(Stock::new(atlas, locales, self.world.now)))
    }
}
