"""What people and the model say in scenes, screenshots and measurements, in both languages."""

from __future__ import annotations

from typing import Final

ANSWERS: Final = {
    "zh": """差旅报销分三步，**注意：**发票抬头必须是公司全称。

1. 在系统里填写报销单，附上**（电子）**发票；
2. 直属主管审批，一般需要 1–2 个工作日；
3. 财务复核后打款。

| 项目 | 上限 | 需要的凭证 |
|---|---:|---|
| 住宿（一线城市） | 600 元/晚 | 发票、入住单 |
| 市内交通 | 80 元/天 | 行程单 |
| 餐补 | 100 元/天 | 不需要 |

如果要批量导入，可以用下面的脚本：

```python
from decimal import Decimal

def total(rows: list[dict]) -> Decimal:
    \"\"\"各项之和，超过上限的按上限算。\"\"\"
    return sum((min(row["amount"], row["limit"]) for row in rows), Decimal(0))
```

总额为 $\\sum_i \\min(a_i, l_i)$，其中 $a_i$ 是实际金额。

- [x] 填写报销单
- [ ] 上传发票

> 更多说明见 https://intranet.example.com/报销，有问题找财务。
""",
    "en": """Travel expenses take three steps. **Note:** the invoice must carry the company's full name.

1. Fill in the form and attach the *electronic* invoice.
2. Your manager approves it, usually within one or two working days.
3. Finance checks it and pays.

| Item | Limit | Receipt |
|---|---:|---|
| Hotel (large cities) | 600 a night | invoice, check-in slip |
| Local transport | 80 a day | itinerary |
| Meals | 100 a day | none |

To import many rows at once, use this script:

```python
from decimal import Decimal

def total(rows: list[dict]) -> Decimal:
    \"\"\"The sum of all rows; what is above its limit counts as the limit.\"\"\"
    return sum((min(row["amount"], row["limit"]) for row in rows), Decimal(0))
```

The total is $\\sum_i \\min(a_i, l_i)$, where $a_i$ is the amount.

- [x] Fill in the form
- [ ] Upload the invoice

> More at https://intranet.example.com/expenses, or ask Finance.
""",
}
THOUGHTS: Final = {
    "zh": "用户在问差旅报销。先说流程，再给出各项上限，最后给一个可以直接用的脚本。",
    "en": "They ask about travel expenses: first the steps, then the limits, then a script.",
}
QUESTIONS: Final = {
    "zh": "差旅怎么报销？\n最好给一个批量计算的脚本。",
    "en": "How do I claim travel expenses?\nA script for many rows would be nice.",
}
FOLLOW_UPS: Final = {
    "zh": ("住宿超标怎么办？", "超出部分需要部门负责人签字，并在报销单的**备注**里写明原因。"),
    "en": (
        "What if the hotel is above the limit?",
        "The head of the department signs for it; give the reason under **Remarks**.",
    ),
}
TITLES: Final = {
    "zh": [
        "差旅报销流程",
        "季度报告提纲",
        "把这段日志翻译成英文",
        "Nginx 配置检查",
        "新人入职清单",
        "会议纪要：供应商评审",
        "SQL 慢查询分析",
        "给客户的道歉信",
    ],
    "en": [
        "Travel expenses",
        "Outline of the quarterly report",
        "Translate these log lines",
        "Review of an nginx configuration",
        "Checklist for new colleagues",
        "Minutes: supplier review",
        "Slow SQL query",
        "An apology to a customer",
    ],
}
DAYS: Final = (0, 0.1, 1, 3, 6, 12, 40, 70)


def long_answer(lang: str, size: int) -> str:
    """Markdown of at least so many characters, of which no two parts are alike."""
    parts: list[str] = []
    while sum(map(len, parts)) < size:
        parts.append(f"## {len(parts) + 1}\n\n{ANSWERS[lang]}\n\n")
    return "".join(parts)[:size]
