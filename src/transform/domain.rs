//! The registrable domain of an address, and the mail hosts that belong to nobody.

use super::url;

/// Hosts that give mailboxes to anybody: sharing one says nothing about a company.
const FREE_MAIL: [&str; 48] = [
    "126.com",
    "163.com",
    "aim.com",
    "aol.com",
    "att.net",
    "bellsouth.net",
    "btinternet.com",
    "charter.net",
    "comcast.net",
    "cox.net",
    "earthlink.net",
    "fastmail.com",
    "free.fr",
    "gmail.com",
    "gmx.at",
    "gmx.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hey.com",
    "hotmail.co.uk",
    "hotmail.com",
    "hotmail.fr",
    "icloud.com",
    "laposte.net",
    "live.com",
    "mac.com",
    "mail.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "orange.fr",
    "outlook.com",
    "pm.me",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rocketmail.com",
    "sbcglobal.net",
    "t-online.de",
    "tutanota.com",
    "verizon.net",
    "web.de",
    "yahoo.co.uk",
    "yahoo.com",
    "yandex.com",
    "ymail.com",
    "zoho.com",
];

/// The registrable domain of an e-mail or web address: `shadyacres.example`.
pub(super) fn registrable(address: &str) -> Option<String> {
    let address = address.trim();
    let host = match address.rsplit_once('@') {
        Some((_, host)) => host.trim_end_matches('.').to_lowercase(),
        None => url::host(address)?,
    };
    psl::domain_str(&host).map(ToOwned::to_owned)
}

/// Whether anybody can have a mailbox at that domain.
pub(super) fn is_free_mail(domain: &str) -> bool {
    FREE_MAIL.binary_search(&domain).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Option<&str>) {
        assert_eq!(registrable(input).as_deref(), expected, "{input}");
    }

    #[test]
    fn the_domain_of_a_company_is_the_part_that_it_registered() {
        check("jane@mail.Shady.co.uk", Some("shady.co.uk"));
        check("https://www.shady.example/contact", Some("shady.example"));
        check("www.shady.example", Some("shady.example"));
        check("jane", None);
    }

    #[test]
    fn free_mail_hosts_are_known_and_sorted() {
        assert!(FREE_MAIL.is_sorted());
        assert!(is_free_mail("gmail.com") && !is_free_mail("shady.example"));
    }
}
