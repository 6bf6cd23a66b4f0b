import { GraphChart } from "echarts/charts";
import { use } from "echarts/core";
import { LabelLayout } from "echarts/features";

use([GraphChart, LabelLayout]);
