//! The machines of the tenant: alerts are about some of them, and Defender for Endpoint knows them all.

/// By its number, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device(pub usize);

impl Device {
    /// How many there are.
    pub const COUNT: usize = 92;

    pub fn id(self) -> String {
        format!("{:040x}", 0x0123_4567_89ab_cdef_u64.wrapping_mul(self.0 as u64 + 1))
    }

    pub fn find(id: &str) -> Option<Self> {
        (0..Self::COUNT).map(Self).find(|device| device.id().eq_ignore_ascii_case(id))
    }

    pub fn dns_name(self) -> String {
        format!("ws-{:03}.corp.northwind.example", self.0)
    }

    /// One in three is joined to Entra ID.
    pub fn entra_id(self) -> Option<String> {
        self.0.is_multiple_of(3).then(|| format!("dddddddd-0000-4000-8000-{:012x}", self.0))
    }
}
