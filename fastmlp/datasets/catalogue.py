"""Catalogue of the named data sets: sizes, classes, mirrors and checksums.

MNIST's checksums are those of the uncompressed files, because its mirrors compress them differently. The checksums of
the other sets are those of the archives as published, taken from the list of TensorFlow Datasets. EMNIST comes in one
zip file, which has a checksum; the four files in it have none of their own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedFile:
    """A file on a mirror, or inside a zip file on a mirror.

    Attributes
    ----------
    name : str
    n_bytes : int
        Size of the file; 0 for a file inside a zip file.
    sha256 : str or None
        Checksum of the file as published.
    content_sha256 : str or None
        Checksum of the uncompressed content, for files whose compression differs between mirrors.
    """

    name: str
    n_bytes: int = 0
    sha256: str | None = None
    content_sha256: str | None = None


@dataclass(frozen=True)
class Published:
    """A named data set of grey images of 28 x 28 bytes.

    Attributes
    ----------
    title : str
    n_train, n_test : int
        Number of samples in each split.
    classes : tuple of str
        The name of each label.
    mirrors : tuple of str
        Addresses of folders, which are tried in this order.
    files : tuple of PublishedFile
        Training images, training labels, test images and test labels; empty for the built-in data set.
    zip_file : PublishedFile or None
        Archive on the mirrors that holds `files`; None if the mirrors have the files themselves.
    transposed : bool
        True if the files have the rows and columns of each image exchanged.
    """

    title: str
    n_train: int
    n_test: int
    classes: tuple[str, ...]
    mirrors: tuple[str, ...] = ()
    files: tuple[PublishedFile, ...] = ()
    zip_file: PublishedFile | None = None
    transposed: bool = False


_DIGITS = tuple("0123456789")

_MNIST = Published(
    title="MNIST, handwritten digits",
    n_train=60_000,
    n_test=10_000,
    classes=_DIGITS,
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files=(
        PublishedFile(
            "train-images-idx3-ubyte.gz",
            9_912_422,
            content_sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        PublishedFile(
            "train-labels-idx1-ubyte.gz",
            28_881,
            content_sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        PublishedFile(
            "t10k-images-idx3-ubyte.gz",
            1_648_877,
            content_sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        PublishedFile(
            "t10k-labels-idx1-ubyte.gz",
            4_542,
            content_sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
)

_FASHION = Published(
    title="Fashion-MNIST, articles of clothing",
    n_train=60_000,
    n_test=10_000,
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    files=(
        PublishedFile(
            "train-images-idx3-ubyte.gz",
            26_421_880,
            sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        PublishedFile(
            "train-labels-idx1-ubyte.gz",
            29_515,
            sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        PublishedFile(
            "t10k-images-idx3-ubyte.gz",
            4_422_102,
            sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        PublishedFile(
            "t10k-labels-idx1-ubyte.gz",
            5_148,
            sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    ),
)

_KMNIST = Published(
    title="Kuzushiji-MNIST, cursive hiragana",
    n_train=60_000,
    n_test=10_000,
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),  # every terminal and font has Latin letters
    mirrors=(
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/KMNIST/",
    ),
    files=(
        PublishedFile(
            "train-images-idx3-ubyte.gz",
            18_165_135,
            sha256="51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        ),
        PublishedFile(
            "train-labels-idx1-ubyte.gz",
            29_497,
            sha256="e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        ),
        PublishedFile(
            "t10k-images-idx3-ubyte.gz",
            3_041_136,
            sha256="edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        ),
        PublishedFile(
            "t10k-labels-idx1-ubyte.gz",
            5_120,
            sha256="20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
        ),
    ),
)

_EMNIST = Published(
    title="EMNIST digits, four times as many handwritten digits",
    n_train=240_000,
    n_test=40_000,
    classes=_DIGITS,
    mirrors=("https://biometrics.nist.gov/cs_links/EMNIST/",),
    zip_file=PublishedFile(
        "gzip.zip", 561_753_746, sha256="fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"
    ),
    files=(
        PublishedFile("emnist-digits-train-images-idx3-ubyte.gz"),
        PublishedFile("emnist-digits-train-labels-idx1-ubyte.gz"),
        PublishedFile("emnist-digits-test-images-idx3-ubyte.gz"),
        PublishedFile("emnist-digits-test-labels-idx1-ubyte.gz"),
    ),
    transposed=True,
)

_QMNIST = Published(
    title="QMNIST, MNIST with its whole test set of 60,000",
    n_train=60_000,
    n_test=60_000,
    classes=_DIGITS,
    mirrors=(
        "https://raw.githubusercontent.com/facebookresearch/qmnist/master/",
        "https://github.com/facebookresearch/qmnist/raw/master/",
    ),
    files=(
        PublishedFile(
            "qmnist-train-images-idx3-ubyte.gz",
            9_704_059,
            sha256="9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
        ),
        PublishedFile(
            "qmnist-train-labels-idx2-int.gz",
            463_024,
            sha256="2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
        ),
        PublishedFile(
            "qmnist-test-images-idx3-ubyte.gz",
            9_742_279,
            sha256="43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
        ),
        PublishedFile(
            "qmnist-test-labels-idx2-int.gz",
            526_800,
            sha256="9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
        ),
    ),
)

CATALOGUE: dict[str, Published] = {
    "mnist": _MNIST,
    "fashion-mnist": _FASHION,
    "kmnist": _KMNIST,
    "emnist-digits": _EMNIST,
    "qmnist": _QMNIST,
    "drawn": Published("Digits drawn by code, built in", n_train=60_000, n_test=10_000, classes=_DIGITS),
}
