//! The accounts that a host is asked as.

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};

use super::error::SourceError;
use crate::spec::Auth;

/// One account.
#[derive(Debug)]
pub(super) struct Account {
    /// Its user, for messages; empty when there is none to name.
    user: String,
    credential: Credential,
}

#[derive(Debug)]
enum Credential {
    None,
    Bearer(SecretString),
    Basic(SecretString),
}

/// The accounts of a source; `logins` stand in for those of the spec.
pub(super) fn accounts(
    name: &str,
    auth: &Auth,
    logins: Option<&SecretString>,
) -> Result<Vec<Account>, SourceError> {
    Ok(match auth {
        Auth::None => vec![Account::nobody()],
        Auth::Bearer(token) => {
            vec![Account { user: String::new(), credential: Credential::Bearer(token.clone()) }]
        }
        Auth::Basic(user, password) => vec![Account {
            user: user.expose_secret().to_owned(),
            credential: Credential::Basic(password.clone()),
        }],
        Auth::Accounts(lines) => parse(name, logins.unwrap_or(lines).expose_secret())?,
    })
}

fn parse(name: &str, lines: &str) -> Result<Vec<Account>, SourceError> {
    let fault = |line| SourceError::Logins { name: name.into(), line };
    let mut accounts = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(lines.as_bytes());
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|_| fault(number + 1))?;
        match (record.get(0), record.get(1), record.len()) {
            (Some("user"), Some("password"), 2) if number == 0 => {}
            (Some(user), Some(password), 2) if !user.is_empty() => accounts.push(Account {
                user: user.into(),
                credential: Credential::Basic(password.into()),
            }),
            _ => return Err(fault(number + 1)),
        }
    }
    if accounts.is_empty() { Err(fault(1)) } else { Ok(accounts) }
}

impl Account {
    /// No account at all: a host that is not the source's own.
    pub(super) const fn nobody() -> Self {
        Self { user: String::new(), credential: Credential::None }
    }

    /// ` as user` for messages; nothing for a user that may itself be a key.
    pub(super) fn shown(&self) -> String {
        match &self.credential {
            Credential::Basic(password) if !password.expose_secret().is_empty() => {
                format!(" as {}", self.user)
            }
            Credential::None | Credential::Bearer(_) | Credential::Basic(_) => String::new(),
        }
    }

    /// Puts the credentials on a request.
    pub(super) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.credential {
            Credential::None => request,
            Credential::Bearer(token) => request.bearer_auth(token.expose_secret()),
            Credential::Basic(password) => {
                request.basic_auth(&self.user, Some(password.expose_secret()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(lines: &str) -> Result<Vec<String>, String> {
        let auth = Auth::Accounts(lines.into());
        let accounts = accounts("legacy", &auth, None).map_err(|error| error.to_string())?;
        Ok(accounts.iter().map(Account::shown).collect())
    }

    #[test]
    fn accounts_are_lines_of_user_and_password_with_or_without_a_header() {
        let expected = Ok(vec![" as ann".to_owned(), " as bob".to_owned()]);
        assert_eq!(users("user,password\nann,secret\n\nbob,\"a,b\"\n"), expected);
        assert_eq!(users("ann,secret\r\nbob,x"), expected);
    }

    #[test]
    fn a_broken_list_of_accounts_names_its_line_and_no_secret() {
        let error = users("ann,secret\nbob hunter2").unwrap_err();
        assert!(error.contains("line 2") && !error.contains("hunter2"), "{error}");
        assert!(users("").is_err());
        assert!(
            !format!("{:?}", accounts("legacy", &Auth::Accounts("ann,hunter2".into()), None))
                .contains("hunter2")
        );
    }
}
