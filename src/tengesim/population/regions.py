"""The twenty regions of Kazakhstan: their codes and their names in three languages.

Codes are those of ISO 3166-2:KZ since November 2022, when Abai, Zhetysu and Ulytau were added; the
letter codes before them are not read. The order is that of the codes, so a region's place in a
column does not depend on the language. Baikonur, which is leased, is left out.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

__all__ = ["REGIONS", "RegionName"]


class RegionName(NamedTuple):
    """A region's name in Kazakh, Russian and English, and its centre; a city is its own centre."""

    kk: str
    ru: str
    en: str
    centre: str


# Forms of the regions of 2022: https://www.hubbry.com/Provinces_of_Kazakhstan; the others are
# general knowledge.
REGIONS: Final[Mapping[str, RegionName]] = MappingProxyType(
    {
        "KZ-10": RegionName("Абай облысы", "область Абай", "Abai Region", "Semey"),
        "KZ-11": RegionName("Ақмола облысы", "Акмолинская область", "Akmola Region", "Kokshetau"),
        "KZ-15": RegionName("Ақтөбе облысы", "Актюбинская область", "Aktobe Region", "Aktobe"),
        "KZ-19": RegionName("Алматы облысы", "Алматинская область", "Almaty Region", "Qonaev"),
        "KZ-23": RegionName("Атырау облысы", "Атырауская область", "Atyrau Region", "Atyrau"),
        "KZ-27": RegionName(
            "Батыс Қазақстан облысы",
            "Западно-Казахстанская область",
            "West Kazakhstan Region",
            "Oral",
        ),
        "KZ-31": RegionName("Жамбыл облысы", "Жамбылская область", "Zhambyl Region", "Taraz"),
        "KZ-33": RegionName("Жетісу облысы", "область Жетісу", "Zhetysu Region", "Taldykorgan"),
        "KZ-35": RegionName(
            "Қарағанды облысы", "Карагандинская область", "Karaganda Region", "Karaganda"
        ),
        "KZ-39": RegionName(
            "Қостанай облысы", "Костанайская область", "Kostanay Region", "Kostanay"
        ),
        "KZ-43": RegionName(
            "Қызылорда облысы", "Кызылординская область", "Kyzylorda Region", "Kyzylorda"
        ),
        "KZ-47": RegionName(
            "Маңғыстау облысы", "Мангистауская область", "Mangystau Region", "Aktau"
        ),
        "KZ-55": RegionName(
            "Павлодар облысы", "Павлодарская область", "Pavlodar Region", "Pavlodar"
        ),
        "KZ-59": RegionName(
            "Солтүстік Қазақстан облысы",
            "Северо-Казахстанская область",
            "North Kazakhstan Region",
            "Petropavl",
        ),
        "KZ-61": RegionName(
            "Түркістан облысы", "Туркестанская область", "Turkistan Region", "Turkistan"
        ),
        "KZ-62": RegionName("Ұлытау облысы", "область Ұлытау", "Ulytau Region", "Zhezkazgan"),
        "KZ-63": RegionName(
            "Шығыс Қазақстан облысы",
            "Восточно-Казахстанская область",
            "East Kazakhstan Region",
            "Oskemen",
        ),
        "KZ-71": RegionName("Астана қаласы", "город Астана", "Astana", "Astana"),
        "KZ-75": RegionName("Алматы қаласы", "город Алматы", "Almaty", "Almaty"),
        "KZ-79": RegionName("Шымкент қаласы", "город Шымкент", "Shymkent", "Shymkent"),
    }
)
