"""Per-class figures of one side: precision, recall, F1, support, and the confusion matrix."""

import warnings
from collections.abc import Sequence

from harness.errors import ScorerError
from harness.records.compared import ClassTable
from harness.text.visible import quoted

NO_LABEL = "(none)"
"""What an answer predicts that names none of the labels."""


def class_table(pairs: Sequence[tuple[str, str]], labels: Sequence[str]) -> ClassTable:
    """Return precision, recall, F1 and support of each label, accuracy, and the confusion matrix.

    ``pairs`` are (expected, predicted). ``(none)`` becomes the last label when it was predicted. A figure with nothing
    to divide by is 0.

    Raises:
        ScorerError: there are no pairs, or one holds something that is not a label.
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    expected, predicted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    shown_labels = (*labels, NO_LABEL) if NO_LABEL in predicted else tuple(labels)
    strangers = sorted({*(set(expected) - set(labels)), *(set(predicted) - set(shown_labels))})
    if not pairs or strangers:
        found = f"found {', '.join(map(quoted, strangers))}" if strangers else "got no answer"
        raise ScorerError(f"a class table of the labels {', '.join(map(quoted, labels))}: {found}")
    precision, recall, f1, support = precision_recall_fscore_support(
        expected, predicted, labels=shown_labels, zero_division=0
    )
    with warnings.catch_warnings():
        # It asks for all labels when it has seen only one, even when it was given all.
        warnings.filterwarnings("ignore", "A single label was found", UserWarning)
        confusion = confusion_matrix(expected, predicted, labels=shown_labels)
    return ClassTable(
        labels=shown_labels,
        precision=tuple(precision.tolist()),
        recall=tuple(recall.tolist()),
        f1=tuple(f1.tolist()),
        support=tuple(int(count) for count in support),
        accuracy=sum(one == other for one, other in pairs) / len(pairs),
        confusion=tuple(map(tuple, confusion.tolist())),
    )
