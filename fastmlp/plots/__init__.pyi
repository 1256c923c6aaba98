from .curves import learning_curve as learning_curve
from .images import first_layer as first_layer
from .images import sheet as sheet
from .mistakes import confusion_matrix as confusion_matrix
from .mistakes import worst_mistakes as worst_mistakes
from .save import save_figure as save_figure
