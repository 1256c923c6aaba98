from .curves import learning_curve as learning_curve
from .curves import loss_curve as loss_curve
from .images import first_layer as first_layer
from .images import sheet as sheet
from .mistakes import confusion_matrix as confusion_matrix
from .mistakes import worst_mistakes as worst_mistakes
from .regression import predictions as predictions
from .save import save_figure as save_figure
