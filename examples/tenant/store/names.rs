//! Incident names that have broken tables, terminals and spreadsheets. The newest incidents bear them.

/// By how many incidents are newer; the newest of all has an ordinary name.
pub fn awkward(newer: u64) -> Option<&'static str> {
    match newer {
        1 => Some(r#"Suspicious "Invoice" file said 'open me' \ and more"#),
        2 => Some("First line\nsecond line of the same name"),
        3 => Some("Sign-in from an unusual place 🛰️👩‍💻🇨🇭 reported by one user"),
        4 => Some("محاولة تسجيل دخول مشبوهة من موقع غير معتاد"),
        5 => Some("Attachment \u{202e}fdp.exe\u{202c} opened on one endpoint"),
        6 => Some("=HYPERLINK(\"https://evil.example\",\"Quarterly report\")"),
        7 => Some(""),
        8 => Some(LONG),
        9 => Some("\u{1b}[31mRed alert\u{1b}[0m\u{7} in the terminal"),
        10 => Some("Column one\tcolumn two"),
        11 => Some("複数のエンドポイントにおける資格情報アクセスの疑い"),
        _ => None,
    }
}

/// Four hundred characters, as automatic naming makes them.
const LONG: &str = "Multi-stage incident involving Initial access, Execution, Persistence, Privilege escalation, Defense evasion, \
Credential access, Discovery, Lateral movement, Collection, Command and control & Exfiltration on multiple endpoints \
reported by multiple sources, including but not limited to Microsoft Defender for Endpoint, Microsoft Defender for Office 365, \
Microsoft Defender for Identity and Microsoft Defender";
