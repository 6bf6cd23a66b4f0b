import { HeatmapChart } from "echarts/charts";
import { MarkAreaComponent, VisualMapComponent } from "echarts/components";
import { use } from "echarts/core";

use([HeatmapChart, MarkAreaComponent, VisualMapComponent]);
