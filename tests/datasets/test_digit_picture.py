"""Pictures of digits in MNIST's form, compared with digits that are drawn here."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fastmlp.datasets.digit_picture import read_digit, to_mnist_form
from fastmlp.datasets.drawn.dataset import draw_digits
from fastmlp.errors import InputError

SEVEN = [(0.0, 0.0), (1.0, 0.0), (0.35, 1.0)]


def draw(width=300, height=300, stroke=20, ink=(0, 0, 0), paper=(255, 255, 255), box=(0.3, 0.2, 0.4, 0.6), mode="RGB"):
    """A seven in `box` (left, top, width, height, as fractions), smoothed by drawing it larger first."""
    image = Image.new(mode, (2 * width, 2 * height), paper)
    left, top, w, h = box
    points = [((left + x * w) * 2 * width, (top + y * h) * 2 * height) for x, y in SEVEN]
    ImageDraw.Draw(image).line(points, fill=ink, width=2 * stroke, joint="curve")
    return image.resize((width, height), Image.Resampling.BOX)


def saved(tmp_path, image, name="digit.png", **options):
    image.save(tmp_path / name, **options)
    return read_digit(tmp_path / name)


def likeness(a, b):
    """Correlation of two images: 1 for the same digit, near 0 for others."""
    return np.corrcoef(a.ravel().astype(float), b.ravel().astype(float))[0, 1]


@pytest.fixture(scope="module")
def seven():
    return to_mnist_form(np.asarray(draw().convert("L")))


def check_form(image):
    """Check the form of MNIST's images: the box, the centre of mass, full ink and clean paper."""
    image = image.reshape(28, 28)
    assert image.dtype == np.uint8
    rows, columns = np.flatnonzero(image.max(axis=1)), np.flatnonzero(image.max(axis=0))
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)  # an outermost row may be fainter than 1 / 255
    mass = image.astype(float) / image.sum()
    assert abs((mass.sum(axis=1) * np.arange(28)).sum() - 14) <= 0.51
    assert abs((mass.sum(axis=0) * np.arange(28)).sum() - 14) <= 0.51
    assert image.max() == 255
    assert (image == 0).mean() > 0.5


def test_a_digit_gets_mnists_form(seven):
    check_form(seven)
    strokes = seven[seven > 127]
    assert np.median(strokes) > 230
    assert likeness(seven, seven[::-1]) < 0.6  # the likeness in the other tests means something


def test_an_image_in_mnists_form_comes_back_nearly_the_same(tmp_path, seven):
    again = saved(tmp_path, Image.fromarray(seven)).reshape(28, 28)
    assert np.abs(again.astype(int) - seven).mean() < 1


def test_aspect_is_kept():
    bar = np.full((300, 200), 255)
    bar[50:250, 80:120] = 0  # 40 x 200 becomes 4 x 20
    image = to_mnist_form(bar)
    assert (image[:, 14] > 0).sum() == 20
    assert (image[14] > 0).sum() == 4


def test_the_centre_of_mass_and_not_that_of_the_box_is_in_the_middle():
    flag = np.full((100, 100), 255)
    flag[10:90, 20:30] = 0
    flag[10:40, 30:60] = 0  # heavy on top
    rows = np.flatnonzero(to_mnist_form(flag).max(axis=1))
    assert rows[0] + rows[-1] > 27
    assert rows[-1] - rows[0] == 19


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((0, 0, 0), (255, 255, 255)),
        ((235, 235, 235), (25, 70, 45)),  # chalk on a board
        ((40, 60, 150), (245, 235, 190)),
        ((255, 240, 0), (255, 255, 255)),
        ((255, 0, 0), (0, 130, 0)),  # the same brightness: only the colour differs
        ((100, 100, 100), (130, 130, 130)),
    ],
)
def test_ink_and_paper_of_any_colour(tmp_path, seven, ink, paper):
    image = saved(tmp_path, draw(ink=ink, paper=paper))
    check_form(image)
    assert likeness(image, seven) > 0.97


@pytest.mark.parametrize("dark_ink", [True, False])
def test_a_photo_with_uneven_light_noise_and_jpeg_artefacts(tmp_path, seven, dark_ink):
    page = np.asarray(draw(600, 600, 40).convert("L")) / 255
    y, x = np.mgrid[0:1:600j, 0:1:600j]
    light = 230 * (1 - 0.5 * x - 0.2 * y * y)
    reflected = 0.15 + 0.8 * page if dark_ink else 0.95 - 0.8 * page
    photo = light * reflected + np.random.default_rng(0).normal(0, 6, page.shape)
    image = saved(tmp_path, Image.fromarray(photo.clip(0, 255).astype(np.uint8)), "photo.jpg", quality=60)
    check_form(image)
    assert likeness(image, seven) > 0.95


def test_thin_strokes_on_a_large_noisy_page_become_as_wide_as_mnists(tmp_path, seven):
    page = np.asarray(draw(1000, 1000, 2).convert("L")) * 0.9
    noisy = page + np.random.default_rng(0).normal(0, 5, page.shape)
    image = saved(tmp_path, Image.fromarray(noisy.clip(0, 255).astype(np.uint8))).reshape(28, 28)
    check_form(image)
    row = image[16].astype(float) / 255
    assert 1.5 < row.sum() < 4  # one slanted stroke of the seven
    assert np.quantile(image[image > 127], 0.91) == 255
    assert likeness(image, seven) > 0.8


def test_specks_and_a_frame_do_not_belong_to_the_digit(tmp_path, seven):
    clean = draw()
    pencil = ImageDraw.Draw(clean)
    pencil.rectangle((7, 7, 292, 292), outline=0, width=3)
    for x, y in ((30, 40), (260, 30), (40, 270), (270, 250)):
        pencil.ellipse((x, y, x + 4, y + 4), fill=(0, 0, 0))
    assert likeness(saved(tmp_path, clean), seven) > 0.97


def test_dead_pixels_do_not_set_the_scale(tmp_path, seven):
    image = draw(ink=(175, 175, 175), paper=(200, 200, 200))
    for pixel in ((10, 10), (150, 20), (280, 200)):
        image.putpixel(pixel, (0, 0, 0))
    assert likeness(saved(tmp_path, image), seven) > 0.97


def test_strokes_of_a_small_pale_picture_become_full_ink():
    small = np.zeros((20, 20), dtype=np.uint8)
    small[3:17, 9:12] = 150
    small[5, 10] = 255
    image = to_mnist_form(small)
    assert np.median(image[image > 127]) > 250


def test_a_tight_crop_is_not_taken_for_surroundings(tmp_path, seven):
    whole = draw()
    grey = np.asarray(whole.convert("L"))
    rows, columns = np.flatnonzero(grey.min(axis=1) < 128), np.flatnonzero(grey.min(axis=0) < 128)
    tight = whole.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))
    assert likeness(saved(tmp_path, tight), seven) > 0.85  # cut at half ink, it is centred half a pixel elsewhere


@pytest.mark.parametrize("ink", [(0, 0, 0, 255), (255, 255, 255, 255), (200, 30, 30, 255)])
def test_ink_on_a_transparent_ground(tmp_path, seven, ink):
    image = draw(ink=ink, paper=(*ink[:3], 0), mode="RGBA")
    assert likeness(saved(tmp_path, image), seven) > 0.97


def test_a_round_sticker_on_a_transparent_ground(tmp_path, seven):
    image = draw().convert("RGBA")
    alpha = Image.new("L", image.size, 0)
    ImageDraw.Draw(alpha).ellipse((2, 2, 298, 298), fill=255)
    image.putalpha(alpha)
    assert likeness(saved(tmp_path, image), seven) > 0.97


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "CMYK", "I;16", "F"])
def test_modes(tmp_path, seven, mode):
    grey = draw().convert("L")
    if mode == "I;16":
        image, name = Image.fromarray(np.asarray(grey).astype(np.uint16) * 16), "digit.png"  # 12 bits in 16
    elif mode == "F":
        image, name = Image.fromarray(np.asarray(grey).astype(np.float32) / 255), "digit.tif"
    else:
        image, name = grey.convert(mode), "digit.jpg" if mode == "CMYK" else "digit.png"
    assert likeness(saved(tmp_path, image, name), seven) > 0.95


def test_a_gif(tmp_path, seven):
    assert likeness(saved(tmp_path, draw(), "digit.gif"), seven) > 0.97


def test_exif_turns_a_photo(tmp_path, seven):
    exif = Image.Exif()
    exif[0x112] = 6  # "turn by 90 degrees to the right"
    turned = draw().rotate(90, expand=True)
    assert likeness(saved(tmp_path, turned, "digit.jpg", exif=exif), seven) > 0.97


def test_the_argument_is_only_read_and_the_result_has_784_bytes(tmp_path):
    grey = np.asarray(draw().convert("L")).copy()
    before = grey.copy()
    to_mnist_form(grey)
    np.testing.assert_array_equal(grey, before)
    assert saved(tmp_path, draw()).shape == (784,)


def test_a_file_that_is_not_a_whole_picture(tmp_path):
    draw().save(tmp_path / "whole.png")
    content = (tmp_path / "whole.png").read_bytes()
    (tmp_path / "half.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "text.png").write_text("seven")
    for name, reason in (
        ("missing.png", "no such file"),
        (".", "folder"),
        ("text.png", "not a picture"),
        ("half.png", "truncated"),
    ):
        with pytest.raises(InputError, match=reason) as caught:
            read_digit(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("limit", [50_000, 10_000])  # Pillow warns above its limit and refuses above twice of it
def test_a_decompression_bomb(tmp_path, monkeypatch, limit):
    draw().save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(InputError, match="too many pixels"):
        read_digit(tmp_path / "bomb.png")


def test_damaged_files_raise_nothing_but_input_errors(tmp_path):
    rng = np.random.default_rng(0)
    failed = 0
    for name in ("a.png", "a.jpg", "a.gif", "a.tif", "a.bmp"):
        draw(60, 60, 5).save(tmp_path / name)
        content = np.frombuffer((tmp_path / name).read_bytes(), dtype=np.uint8)
        for _ in range(20):
            damaged = content.copy()
            damaged[rng.integers(0, len(content), 10)] = rng.integers(0, 256, 10)
            (tmp_path / "damaged").write_bytes(damaged.tobytes())
            try:
                read_digit(tmp_path / "damaged")
            except InputError:
                failed += 1
    assert failed > 20


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1), (3, 3)])
def test_a_picture_of_a_few_pixels(tmp_path, size):
    with pytest.raises(InputError, match="too small"):
        saved(tmp_path, Image.new("L", size, 255))


def test_a_picture_without_ink(tmp_path):
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1:200j, 0:1:200j]
    for blank in (
        np.full((50, 50), 255.0),
        np.zeros((50, 50)),
        235 - 100 * x - 30 * x * y + rng.normal(0, 3, x.shape),
        rng.normal(128, 30, (200, 200)).clip(0, 255),
    ):
        with pytest.raises(InputError, match="No ink"):
            to_mnist_form(blank)
    with pytest.raises(InputError, match="No ink"):
        saved(tmp_path, Image.new("RGBA", (50, 50), (0, 0, 0, 0)))


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((28, 28, 3)), "2-D"),
        (np.zeros(784), "2-D"),
        (np.zeros((28, 28), dtype=bool), "bool"),
        (np.full((28, 28), np.nan), "not finite"),
        (np.full((28, 28), np.inf), "not finite"),
        (np.eye(28), "No ink"),
        (np.zeros((0, 28)), "too small"),
    ],
)
def test_arrays_that_are_not_pictures_of_digits(array, reason):
    with pytest.raises(InputError, match=reason):
        to_mnist_form(array)


def test_only_differences_between_grey_values_matter(seven):
    grey = np.asarray(draw().convert("L")).astype(float)
    for other in (-grey, grey - 255, 255 - grey, grey + 1000):
        assert np.abs(to_mnist_form(other).astype(int) - seven).max() <= 1


def test_a_picture_with_values_that_are_not_finite(tmp_path):
    values = np.eye(30, dtype=np.float32)
    values[3, 4] = np.nan
    with pytest.raises(InputError, match="not finite"):
        saved(tmp_path, Image.fromarray(values), "nan.tif")


def cropped(image):
    rows, columns = (np.flatnonzero((image > 0).any(axis=axis)) for axis in (1, 0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@pytest.mark.parametrize("scale", [1, 6])
@pytest.mark.parametrize("dark_ink", [False, True])
def test_a_crop_to_the_digits_box_is_the_same_digit(scale, dark_ink):
    """Once 81 % of such crops of MNIST's images were right, where 98 % of the whole images are; ones had "no ink"."""
    alike = []
    for image in draw_digits(60)[0].reshape(-1, 28, 28):
        crop = Image.fromarray(cropped(image))
        crop = crop.resize((crop.width * scale, crop.height * scale), Image.Resampling.BICUBIC)
        pixels = 255 - np.asarray(crop) if dark_ink else np.asarray(crop)
        alike.append(likeness(to_mnist_form(pixels), to_mnist_form(image)) > 0.8)
    assert np.mean(alike) > 0.96


@pytest.mark.parametrize(("height", "width"), [(20, 2), (20, 4), (120, 24), (4, 30)])
@pytest.mark.parametrize("dark_ink", [False, True])
def test_a_bar_that_fills_its_box_is_a_one(height, width, dark_ink):
    bar = np.full((height, width), 255.0)
    bar[:, 0] = bar[0] = 120
    image = to_mnist_form(255 - bar if dark_ink else bar)
    assert image.max() == 255
    assert (image > 128).sum() < 28 * 8


@pytest.mark.parametrize("size", [(30, 30), (100, 20)])
def test_an_empty_page_is_no_crop(size):
    rng = np.random.default_rng(0)
    shading = np.linspace(180, 230, size[0])[:, None] + np.linspace(0, 10, size[1])
    for page in (np.full(size, 240.0), shading, shading + rng.normal(0, 1.5, size)):
        with pytest.raises(InputError, match="No ink"):
            to_mnist_form(page)
